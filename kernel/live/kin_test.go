package live_test

import (
	"fmt"
	"strings"
	"testing"

	"lockstep/kernel/live"
)

// TestKin has variables that plain cells make used by compiled ones, which have to find them of the types that
// they know.
func TestKin(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	n.must("type point struct{ x, y int }\ntype shape interface{ area() int }\ntype celsius float64")
	var plain, uses []string
	for _, of := range []string{"point", "shape", "celsius", "int", "string", "float32", "byte", "any", "error", "time.Time", "time.Duration"} {
		for _, shape := range []string{"%s", "*%s", "[]%s", "[][]%s", "[]*%s", "map[string]%s", "map[int]%s", "map[string][]%s", "map[int]*%s"} {
			plain = append(plain, fmt.Sprintf(shape, of))
		}
	}
	plain = append(plain, "map[rune]int", "map[byte]bool", "*big.Int", "big.Int", "strings.Builder", "*regexp.Regexp", "sync.Mutex")
	before := n.units()
	for i, of := range plain {
		n.must(fmt.Sprintf("var v%d %s", i, of))
		uses = append(uses, fmt.Sprintf("func() { p := &v%d; var want *%s = p; _ = want; var a any = p; _ = a.(*%[2]s) }()", i, of))
		if after := n.units(); after != before {
			t.Errorf("var of type %s: compiled, %s", of, after)
			before = after
		}
	}
	n.must(strings.Join(uses, "\n"))
	for i, of := range []string{"[3]int", "map[point]int", "map[string]map[string]int", "[][][]int", "chan int", "func(int) string", "[]*big.Int", "map[uint16][]float32", "struct{ A []point }", "**int"} {
		n.must(fmt.Sprintf("var w%d %s", i, of))
		n.must(fmt.Sprintf("func() { p := &w%d; var want *%s = p; _ = want }()", i, of))
	}
	n.must("pts := []point{{1, 2}, {3, 4}}")
	n.must("for i := range pts { pts[i].x++ }")
	if got, _, err := n.run(t.Context(), "pts = append(pts, point{y: 5})\npts"); err != nil || got != "[]point{{x: 2, y: 2}, {x: 4, y: 4}, {x: 0, y: 5}}" {
		t.Errorf("got %s, %v", got, err)
	}
}
