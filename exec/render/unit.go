package render

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scale is how the values of one column are written: in one unit, with one
// number of decimals, so that they can be compared by looking.
type scale struct {
	unit     string
	size     float64 // of the unit, in base units
	decimals int
}

type unit struct {
	name string
	size float64
}

var (
	durations = []unit{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}, {"ns", 1}}
	sizes     = []unit{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}
)

// common finds the scale for a column: the unit of its largest value, or a
// smaller one if that would leave the smallest with nothing but zeros.
func common(units []unit, values []float64) scale {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v <= 0 })
	if len(values) == 0 {
		return scale{units[0].name, units[0].size, 0}
	}
	least, most := slices.Min(values), slices.Max(values)
	i := 0
	for i < len(units)-1 && (most < 0.9995*units[i].size || least < 0.01*units[i].size && most < 1e4*units[i+1].size) {
		i++
	}
	u := units[i]
	decimals := 0
	if i < len(units)-1 {
		// Three digits of the smallest value, but no more than three
		// decimals: beyond lies noise.
		decimals = min(3, max(0, 2-int(math.Floor(math.Log10(least/u.size)+0.0002))))
	}
	return scale{u.name, u.size, decimals}
}

// format writes a value in the scale's unit.
func (s scale) format(v float64) string {
	return grouped(strconv.FormatFloat(v/s.size, 'f', s.decimals, 64)) + " " + s.unit
}

// Duration writes a time with three digits, as "4.12 s" or "31.0 ms".
func Duration(d time.Duration) string {
	v := float64(d)
	if d < 0 {
		return "-" + Duration(-d)
	}
	return common(durations, []float64{v}).format(v)
}

// Bytes writes a size with three digits, as "3.40 MB".
func Bytes(n int64) string {
	return common(sizes, []float64{float64(n)}).format(float64(n))
}

// count writes a whole number, with thin spaces between groups of thousands.
func count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// grouped puts a narrow space between the thousands of a number that has five
// digits or more before its point.
func grouped(number string) string {
	whole, rest, point := strings.Cut(number, ".")
	if len(strings.TrimPrefix(whole, "-")) >= 5 {
		var b strings.Builder
		for i, r := range whole {
			if i > 0 && whole[i-1] != '-' && (len(whole)-i)%3 == 0 {
				b.WriteRune('\u202f')
			}
			b.WriteRune(r)
		}
		whole = b.String()
	}
	if point {
		return whole + "." + rest
	}
	return whole
}

// percent writes a share with one or two digits.
func percent(share float64) string {
	switch p := 100 * share; {
	case p == 0:
		return "0 %"
	case p < 0.95:
		return fmt.Sprintf("%.1f %%", p)
	default:
		return fmt.Sprintf("%.0f %%", p)
	}
}
