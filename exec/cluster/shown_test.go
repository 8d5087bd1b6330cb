package cluster

import (
	"strings"
	"testing"
	"time"
)

// Chunks may come more than once, late, and of two attempts at a time.
func TestChunksAreShownOnce(t *testing.T) {
	var got []string
	keep := func(r *Result) {
		for _, x := range r.Output {
			got = append(got, x.Text)
		}
	}
	w := &round{first: 5, n: 2, live: keep, seen: make([]bool, 2), sizes: make([]int, 2), left: 2, each: keep, done: make(chan struct{})}
	team := &Team{pending: map[int]*round{5: w, 6: w}, figures: Figures{Nodes: map[string]int{}}}
	for _, r := range []struct {
		index, attempt, chunk int // 0: the result
		text                  string
	}{
		{5, 1, 1, "a"}, {5, 1, 1, "a"}, {5, 1, 2, "b"}, {6, 1, 1, "x"}, {5, 1, 1, "a"},
		{5, 2, 1, "A"}, {5, 1, 3, "c"}, {5, 2, 1, "A"}, {5, 2, 0, "B"}, {5, 1, 4, "d"}, {5, 1, 0, "e"}, {6, 1, 0, ""}, {6, 1, 2, "y"}, {7, 1, 1, "nobody's"},
	} {
		x := &Result{Index: r.index, Attempt: r.attempt, chunk: r.chunk, Node: "n"}
		if r.text != "" {
			x.Output = []Text{{"stdout", r.text}}
		}
		if r.chunk > 0 {
			team.hear(x)
		} else {
			team.settle(x)
		}
	}
	want := []string{"a", "b", "x", "(from here on attempt 2 of the task, on n; above is attempt 1)\n", "A",
		"(from here on attempt 1 of the task, on n; above is attempt 2)\n", "c", "(from here on attempt 2 of the task, on n; above is attempt 1)\n", "B"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutputIsBounded(t *testing.T) {
	var w written
	w.add("stdout", "of nobody")
	for range 2 {
		w.begin(&holding{})
		w.began = w.began.Add(-time.Minute)
		line := strings.Repeat("é", 500) + "\n"
		kept := 0
		for i := range 1000 {
			w.add("stdout", line)
			if i%100 == 0 {
				if _, _, _, texts := w.take(); len(texts) > 0 {
					kept += len(texts[0].Text)
				}
			}
		}
		rest := w.begin(nil)
		for _, x := range rest[:len(rest)-1] {
			kept += len(x.Text)
		}
		if kept < outputBytes-1000 || kept > outputBytes || !strings.HasPrefix(rest[len(rest)-1].Text, "… (738856 more bytes") {
			t.Errorf("kept %d bytes of %d and %q, want %d", kept, 1000*len(line), rest[len(rest)-1], outputBytes)
		}
	}
}
