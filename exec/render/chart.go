package render

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"lockstep/exec/measure"
)

// surroundings is where a picture is shown.
type surroundings uint8

const (
	// alone: with a background of its own, as nobody knows what is behind it.
	alone surroundings = iota
	// inNotebook: part of a page whose text colour it takes.
	inNotebook
)

// Chart draws time and speed-up over the number of workers as an SVG picture.
// A result with one number of workers has nothing to draw: then nothing is
// written.
func Chart(w io.Writer, r measure.Result) error {
	_, err := io.WriteString(w, chart(&r, alone))
	return err
}

// Sizes in pixels.
const (
	panelWidth  = 250
	panelHeight = 170
	labelWidth  = 84
	axisWidth   = 52
	topMargin   = 26
	footMargin  = 40
)

// series is one line of a panel.
type series struct {
	mode   string
	points []point
}

type point struct {
	row           measure.Row
	at, low, high float64
}

// panel is one of the two diagrams.
type panel struct {
	title  string
	left   float64
	most   float64
	label  func(float64) string // on the axis
	exact  func(float64) string // at a point
	series []series
	best   func(measure.Row) float64 // the ideal; nil for none
	rows   []measure.Row             // in the order of the axis
	b      *strings.Builder
}

func chart(r *measure.Result, where surroundings) string {
	rows := r.Rows()
	if len(rows) < 2 {
		return ""
	}
	if len(r.Shapes) == 0 {
		slices.SortFunc(rows, func(a, b measure.Row) int { return a.Workers - b.Workers })
	}
	var times, ratios []series
	for _, m := range r.Modes {
		var t, s []point
		for _, row := range rows {
			sum, ok := r.At(m, row)
			if !ok || sum.Runs == 0 || sum.Failed > 0 {
				continue
			}
			t = append(t, point{row: row, at: float64(sum.Median), low: float64(sum.Low), high: float64(sum.High)})
			if c := sum.Speedup; c != nil {
				s = append(s, point{row: row, at: c.Ratio, low: c.Low, high: c.High})
			}
		}
		if t != nil {
			times = append(times, series{m, t})
		}
		if s != nil {
			ratios = append(ratios, series{m, s})
		}
	}
	if len(times) == 0 {
		return ""
	}
	var b strings.Builder
	most := highest(times)
	sc := common(durations, []float64{most})
	panels := []*panel{{
		title: "time", left: axisWidth, most: most, series: times, rows: rows, b: &b,
		label: func(v float64) string { return trimmed(v/sc.size) + " " + sc.unit },
		exact: func(v float64) string { return Duration(time.Duration(v)) },
	}}
	if len(ratios) > 0 {
		panels = append(panels, &panel{
			title: "times as fast as " + or(baseline(r), "the first of each"), left: axisWidth + panelWidth + labelWidth + axisWidth,
			most: max(highest(ratios), 1.1), series: ratios, rows: rows, b: &b,
			label: func(v float64) string { return trimmed(v) + "×" },
			exact: func(v float64) string { return fmt.Sprintf("%.2f×", v) },
			best:  r.Ideal,
		})
	}
	width := len(panels) * (axisWidth + panelWidth + labelWidth)
	height := topMargin + panelHeight + footMargin
	description := describe(r)
	style := "max-width:100%;height:auto;display:block;margin:6px 0"
	if where == alone {
		style = "color:#222"
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 %d %d" width="%d" height="%d" style="%s" font-family="system-ui,sans-serif" font-size="11" aria-label="%s">`+"\n",
		width, height, width, height, style, html.EscapeString(description))
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(description))
	if where == alone {
		fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="6" fill="#fff"/>`+"\n", width, height)
	}
	for _, p := range panels {
		p.axes()
		p.lines()
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// describe is the picture in words.
func describe(r *measure.Result) string {
	var parts []string
	rows := r.Rows()
	last := rows[len(rows)-1]
	for _, m := range r.Modes {
		s, ok := r.At(m, last)
		if !ok || s.Runs == 0 {
			continue
		}
		text := m + " " + Duration(s.Median)
		if s.Speedup != nil {
			text += fmt.Sprintf(" (%.2f×)", s.Speedup.Ratio)
		}
		parts = append(parts, text)
	}
	return fmt.Sprintf("Time and speed-up over the number of workers. With %s: %s.", rowName(last), strings.Join(parts, ", "))
}

func highest(all []series) float64 {
	most := 0.0
	for _, s := range all {
		for _, p := range s.points {
			most = max(most, p.high, p.at)
		}
	}
	return most
}

// x is the place of a row: by its number of workers, but shapes at equal distances.
func (p *panel) x(row measure.Row) float64 {
	first, last := p.rows[0], p.rows[len(p.rows)-1]
	at, width := float64(row.Workers-first.Workers), float64(last.Workers-first.Workers)
	if row.Shape != "" {
		at, width = float64(slices.Index(p.rows, row)), float64(len(p.rows)-1)
	}
	return p.left + 14 + at/width*(panelWidth-28)
}

func (p *panel) y(v float64) float64 { return topMargin + panelHeight*(1-v/(1.05*p.most)) }

// axes draws the frame: lines at round values, and a mark for each number of
// workers.
func (p *panel) axes() {
	p.text(p.left, topMargin-12, "start", p.title, `font-weight="600"`)
	step := roundStep(p.most)
	for v := 0.0; v <= 1.05*p.most; v += step {
		y := p.y(v)
		fmt.Fprintf(p.b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="currentColor" stroke-opacity="%s"/>`+"\n",
			p.left, y, p.left+panelWidth, y, map[bool]string{true: ".6", false: ".15"}[v == 0])
		p.text(p.left-6, y+4, "end", p.label(v), `fill-opacity=".75"`)
	}
	axis := "workers"
	for _, row := range p.rows {
		p.text(p.x(row), topMargin+panelHeight+16, "middle", row.String(), `fill-opacity=".75"`)
		if row.Shape != "" {
			axis = "processes × workers in each"
		}
	}
	p.text(p.left+panelWidth/2, topMargin+panelHeight+32, "middle", axis, `fill-opacity=".75"`)
}

// dashes draws the ideal; shown is false if the diagram has no room for it.
func (p *panel) dashes() (end float64, shown bool) {
	if p.best == nil {
		return 0, false
	}
	var path []string
	for _, row := range p.rows {
		v := p.best(row)
		if v > 1.05*p.most {
			return 0, false
		}
		end = p.y(v)
		path = append(path, fmt.Sprintf("%.1f,%.1f", p.x(row), end))
	}
	fmt.Fprintf(p.b, `<polyline points="%s" fill="none" stroke="currentColor" stroke-opacity=".5" stroke-dasharray="3 4"/>`+"\n", strings.Join(path, " "))
	return end, true
}

// dash tells the lines of a mode in several parts of a combined result apart.
func (p *panel) dash(mode string) string {
	label, _ := measure.Part(mode)
	var labels []string
	for _, s := range p.series {
		if l, _ := measure.Part(s.mode); !slices.Contains(labels, l) {
			labels = append(labels, l)
		}
	}
	if i := slices.Index(labels, label); i > 0 {
		return fmt.Sprintf(` stroke-dasharray="%d %d"`, 9-2*min(i, 4), 3)
	}
	return ""
}

// lines draws the series, each with its name at its end.
func (p *panel) lines() {
	type name struct {
		text, color string
		y           float64
	}
	var names []name
	if end, shown := p.dashes(); shown {
		names = append(names, name{"ideal", "currentColor", end})
	}
	for _, s := range p.series {
		dash := p.dash(s.mode)
		color := hue(s.mode)
		var path []string
		for _, pt := range s.points {
			path = append(path, fmt.Sprintf("%.1f,%.1f", p.x(pt.row), p.y(pt.at)))
		}
		fmt.Fprintf(p.b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"%s/>`+"\n", strings.Join(path, " "), color, dash)
		for _, pt := range s.points {
			x := p.x(pt.row)
			if p.y(pt.low)-p.y(pt.high) > 2 {
				fmt.Fprintf(p.b, `<path d="M%.1f %.1fV%.1fM%.1f %.1fh6M%.1f %.1fh6" stroke="%s" stroke-width="1.2" fill="none"/>`+"\n",
					x, p.y(pt.low), p.y(pt.high), x-3, p.y(pt.low), x-3, p.y(pt.high), color)
			}
			fmt.Fprintf(p.b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"><title>%s, %s: %s</title></circle>`+"\n",
				x, p.y(pt.at), color, s.mode, rowName(pt.row), p.exact(pt.at))
		}
		names = append(names, name{s.mode, color, p.y(s.points[len(s.points)-1].at)})
	}
	// The names keep a distance of one line.
	slices.SortFunc(names, func(a, b name) int { return cmp.Compare(a.y, b.y) })
	for i := range names {
		if i > 0 {
			names[i].y = max(names[i].y, names[i-1].y+13)
		}
	}
	for i := len(names) - 1; i >= 0; i-- {
		limit := float64(topMargin + panelHeight)
		if i < len(names)-1 {
			limit = names[i+1].y - 13
		}
		names[i].y = min(names[i].y, limit)
		p.text(p.left+panelWidth+2, names[i].y+4, "start", names[i].text, fmt.Sprintf(`style="fill:%s" font-weight="600"`, names[i].color))
	}
}

func (p *panel) text(x, y float64, anchor, text, attributes string) {
	fmt.Fprintf(p.b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="currentColor" %s>%s</text>`+"\n", x, y, anchor, attributes, html.EscapeString(text))
}

// roundStep divides an axis into three to six steps of 1, 2 or 5.
func roundStep(most float64) float64 {
	if most <= 0 {
		return 1
	}
	size := math.Pow(10, math.Floor(math.Log10(most)))
	for _, f := range []float64{0.2, 0.5, 1, 2} {
		if most/(f*size) <= 6 {
			return f * size
		}
	}
	return 5 * size
}

// trimmed writes a number without needless zeros.
func trimmed(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", v), "0"), ".")
}
