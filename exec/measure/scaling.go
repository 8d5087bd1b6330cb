package measure

import (
	"math"
)

// Scaling tells how a mode uses the cores, in one row of the table or over all of them.
type Scaling struct {
	Mode string `json:"mode"` // simple, serialized, …
	// Serial is the part of the work that is not done at the same time, after
	// Amdahl, fitted to all rows; between Low and High as far as the figures tell. nil where
	// no row can show it.
	Serial *Serial `json:"serial,omitempty"`
	// Rows are the efficiencies of the rows, in their order.
	Rows []Efficiency `json:"rows"`
}

// Serial is a serial fraction.
type Serial struct {
	Fraction float64 `json:"fraction"` // from 0, all at the same time, to 1
	Low      float64 `json:"low"`      // the least that it can be
	High     float64 `json:"high"`     // the most
}

// Limit is how many times as fast as one worker any number of workers can
// become with such a serial fraction; infinite for none.
func (s Serial) Limit() float64 { return 1 / max(s.Fraction, 0) }

// Efficiency is what a mode makes of what is possible in a row.
type Efficiency struct {
	Row
	Ideal      float64 `json:"ideal"`      // how many times as fast as simple it could be
	Efficiency float64 `json:"efficiency"` // speed-up relative to that
}

// Ideal is how many times as fast as one after another some workers can be at
// best. What computes needs a core, what waits does not: the mode simple tells how much
// of each there is, by the time in which it used a core or was ready to, and was not blocked. Without that mode
// all time in which workers are not blocked is taken for computing.
func (r *Result) Ideal(row Row) float64 {
	ideal := float64(row.Workers)
	if cores := float64(r.Machine.MaxProcs); cores > 0 {
		ideal = min(ideal, cores/r.computing(row))
	}
	if r.Tasks > 0 {
		ideal = min(ideal, float64(r.Tasks))
	}
	return ideal
}

// computing is the part of its time in which a workload needs a core, from 0 to 1.
func (r *Result) computing(row Row) float64 {
	s, ok := r.At("simple", row)
	if !ok {
		return r.unblocked(row)
	}
	wanted := s.Sample.CPUUser + s.Sample.CPUSystem + s.Sample.Ready
	if s.Median < tooFast {
		wanted = s.Median // the system's accounts of so little time say nothing
	}
	if s.Median <= 0 || wanted <= 0 {
		return 1
	}
	// Both are more than the workload itself computes: the process does other
	// things, and not all waiting is known. A thousandth is less than can be measured.
	least := min(float64(wanted)/float64(s.Median), 1-float64(s.Sample.Blocked)/float64(s.Median))
	return min(1, max(1e-3, least))
}

// unblocked is the part of their time in which workers are not blocked, in the mode in which that is
// least; 1 where no mode tells. Work whose waiting is known only in part counts as computing.
func (r *Result) unblocked(row Row) float64 {
	least := 1.0
	for _, mode := range r.Modes {
		if s, ok := r.At(mode, row); ok && s.Failed == 0 && s.Median > 0 {
			all := float64(s.Median) * float64(s.Workers)
			least = min(least, 1-float64(s.Sample.Blocked)/all)
		}
	}
	return max(1e-3, least)
}

// scaling computes the scaling of each mode that could use several cores, and
// of those that could wait at the same time.
func scaling(r *Result) []Scaling {
	if r.Baseline != "simple" {
		return nil
	}
	var all []Scaling
	for _, mode := range r.Modes {
		// What is combined has no simple of its own to tell what is ideal.
		if label, _ := Part(mode); mode == "simple" || label != "" {
			continue
		}
		s := Scaling{Mode: mode}
		var points []point
		for _, row := range r.Rows() {
			sum, ok := r.At(mode, row)
			if !ok || sum.Speedup == nil {
				continue
			}
			ideal := r.Ideal(row)
			s.Rows = append(s.Rows, Efficiency{row, ideal, sum.Speedup.Ratio / ideal})
			// Where hardly more than one can be at work there is nothing to see.
			if ideal > 1.5 {
				points = append(points, point{ideal, *sum.Speedup})
			}
		}
		if len(s.Rows) == 0 {
			continue
		}
		if len(points) > 0 && parallelMode(mode) {
			s.Serial = amdahl(points)
		}
		all = append(all, s)
	}
	return all
}

type point struct {
	ideal   float64
	speedup Comparison
}

// amdahl fits 1/speedup = s + (1-s)/ideal by least squares: that is linear in s.
// The error is that of the speed-ups' own intervals, or how far the rows are
// from one law if that is more.
func amdahl(points []point) *Serial {
	fit := func(speedup func(Comparison) float64) float64 {
		above, below := 0.0, 0.0
		for _, p := range points {
			x, y := 1-1/p.ideal, 1/speedup(p.speedup)-1/p.ideal
			above, below = above+x*y, below+x*x
		}
		return above / below
	}
	s := Serial{
		Fraction: fit(func(c Comparison) float64 { return c.Ratio }),
		Low:      fit(func(c Comparison) float64 { return c.High }),
		High:     fit(func(c Comparison) float64 { return c.Low }),
	}
	if n := len(points); n > 1 {
		residual, below := 0.0, 0.0
		for _, p := range points {
			x := 1 - 1/p.ideal
			d := 1/p.speedup.Ratio - 1/p.ideal - s.Fraction*x
			residual, below = residual+d*d, below+x*x
		}
		// Twice the standard error: some 95 %.
		e := 2 * math.Sqrt(residual/float64(n-1)/below)
		s.Low, s.High = min(s.Low, s.Fraction-e), max(s.High, s.Fraction+e)
	}
	s.Fraction, s.Low, s.High = clip(s.Fraction), clip(s.Low), clip(s.High)
	return &s
}

func clip(x float64) float64 { return min(1, max(0, x)) }
