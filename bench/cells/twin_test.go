package cells

import (
	"context"
	"testing"
	"time"
)

// The programs that cells are timed beside can be built, and print a time.
func TestPrograms(t *testing.T) {
	b := &Bench{Dir: t.TempDir()}
	const decl = "func count(n int) (s int) { for i := 0; i < n; i++ { s += i }; return }"
	const random = "func fill(n int) int { xs := []int{}; for range n { xs = append(xs, rand.Int()) }; slices.Sort(xs); return xs[0] }"
	for name, source := range map[string]string{
		"compiled": compiled(decl, "count(1000)"), "with imports": compiled(random, "fill(1000)"), "interpreted": interpreted(decl, "count(1000)"),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			path, err := b.Program(ctx, source)
			if err != nil {
				t.Fatal(err)
			}
			if times, err := Printed(ctx, path); err != nil || len(times) != 1 || times[0] <= 0 {
				t.Errorf("it printed %v, %v; want one time", times, err)
			}
		})
	}
}
