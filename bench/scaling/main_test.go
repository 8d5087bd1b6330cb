package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	p := program{tasks: 1000, rounds: 1, streams: []int{1, 3}, seats: []int{1, 5}, idle: []int{0, 10}, workers: []int{10, 1000}}
	if err := p.run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 3 | ", "| 5 | ", "| 10 | ", "leases prolonged", "| 1,000 | 1m0s | 1 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, &out)
		}
	}
	for _, wrong := range []program{{tasks: 10, rounds: 1}, {tasks: 1000}} {
		if err := wrong.run(t.Context(), &out); err == nil || !strings.Contains(err.Error(), "must be at least") {
			t.Errorf("%+v: got %v", wrong, err)
		}
	}
}

func TestCount(t *testing.T) {
	for x, want := range map[float64]string{0.166: "0.2", 9.99: "10.0", 17.2: "17", 999.6: "1,000", 1234: "1,230", 98_765: "98,800", 12_345_678: "12,300,000"} {
		if got := count(x); got != want {
			t.Errorf("%v: got %s, want %s", x, got, want)
		}
	}
}
