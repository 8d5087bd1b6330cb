package live_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"lockstep/exec/cluster"
	"lockstep/kernel/lang"
)

var regexpOnNode = regexp.MustCompile(`worker \d \(process \d+ on node\d-\w+\)`)

// onNode is what differs from run to run in an error of a call on a node.
func onNode(text string) string {
	return regexpOnNode.ReplaceAllString(text, "P")
}

// TestPoolOnNodes is one session, as a cluster takes a moment to start.
func TestPoolOnNodes(t *testing.T) {
	n := newNotebook(t)
	n.must("%cluster local 2 --slots 2")
	n.cells(t, poolCell, "pool := lab.NewPool(3, lab.Cluster())")

	t.Run("calls", func(t *testing.T) {
		for _, tt := range []struct{ code, want string }{
			{"pool.Workers()", "3"},
			{"pool.Apply(square, 7)", "49"},
			{"v, err := pool.Map(square, []int{1, 2, 3})\nfmt.Sprint(v.([]int)[2], err)", `"9 <nil>"`},
			{"v, err = pool.Map(square, 500, 20)\nfmt.Sprint(len(v.([]int)), v.([]int)[499], err)", `"500 249001 <nil>"`},
			{"v, err = pool.Map(square, 0)\nfmt.Sprint(v, err)", `"[] <nil>"`},
			{"v, err = pool.Apply(grow, point{1, 2, []string{\"a\"}}, 3)\np := v.(point)\nfmt.Sprint(p.x, p.y, p.tags, err)", `"10 5 [a grown] <nil>"`},
			{"scale = 100\nv, _ = pool.Apply(grow, point{x: 1}, 3)\nv.(point).x", "100"},
			{"sum := 0\nfor v, err := range pool.IMapUnordered(square, 10) {\n\tif err == nil {\n\t\tsum += v.(int)\n\t}\n}\nsum", "285"},
			{"got := []int{}\nfor v := range pool.IMap(square, 4) {\n\tgot = append(got, v.(int))\n}\nfmt.Sprint(got)", `"[0 1 4 9]"`},
			{"r := pool.ApplyAsync(square, 3)\nw, err2 := r.Get()\nfmt.Sprint(w, err2, r.Ready(), r.Successful())", `"9 <nil> true true"`},
		} {
			if got, _ := n.cells(t, tt.code); strings.ReplaceAll(got, "\n", ", ") != tt.want {
				t.Errorf("%s: got %s, want %s", tt.code, got, tt.want)
			}
		}
	})
	t.Run("errors", func(t *testing.T) {
		for _, tt := range []struct{ code, want string }{
			{"_, err = pool.Apply(grow, point{x: -1}, 3)\nerr.Error()", "P: x is -1"},
			{"_, err = pool.Apply(fail, \"panic\")\nerr.Error()", "P: panic: assignment to entry in nil map (cell 2, line 17)"},
			{"_, err = pool.Apply(fail, \"exit\")\nerr.Error()", "P: given up after 3 attempts: the process ended: exit status 7"},
			{"v, err = pool.Map(fail, []string{\"a\", \"panic\", \"b\"}, 4)\nfmt.Sprint(v, err)", "[a  b] item 1: P: panic: assignment to entry in nil map (cell 2, line 17)"},
			{"_, err = pool.Map(square, 3, 0)\nerr.Error()", "lab: Pool.Map: the size of chunks must be at least 1, got 0"},
		} {
			if got, _ := n.cells(t, tt.code); onNode(got) != fmt.Sprintf("%q", tt.want) {
				t.Errorf("%s: got %s, want %s", tt.code, got, tt.want)
			}
		}
		n.cells(t, "func end(i int) (int, error) { return i, io.EOF }")
		if got, _ := n.cells(t, "_, err = pool.Apply(end, 1)\nvar call *lab.CallError\nfmt.Sprint(errors.Is(err, io.EOF), errors.As(err, &call), strings.HasPrefix(call.Node, \"node\"))"); got != `"true true true"` {
			t.Errorf("an error of the library, and where it was: got %s", got)
		}
	})
	_ = context.Background
	_ = os.Getenv
	_ = cluster.Options{}
	_ = lang.Request{}
}
