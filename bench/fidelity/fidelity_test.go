package main

import (
	"strings"
	"testing"
	"time"
)

func TestJudgement(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  bool
		want bool
	}{
		{"the same", agree(1, 1, allowed), true},
		{"a tenth more", agree(1, 1.1, allowed), true},
		{"a fifth less", agree(1, 0.8, allowed), false},
		{"a fifth less with memory", agree(1, 0.8, allowedAllocating), true},
		{"relative to what threads gain", agree(0.25, 0.3, allowed), false},
		{"one interval", oneInterval(6*time.Millisecond, 5*time.Millisecond), true},
		{"two intervals", oneInterval(10*time.Millisecond, 5*time.Millisecond), false},
		{"no waiting at all", oneInterval(0, 5*time.Millisecond), false},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestRatioIsOfPairs(t *testing.T) {
	pairs := []pair{
		{simple: 100, threads: 700, busy: 0.9}, {simple: 100, threads: 110}, {simple: 300, threads: 330}, {simple: 100, threads: 900, busy: 0.1},
		{simple: 100, threads: 500, busy: 0.8}, {simple: 100, threads: 600, busy: 0.7},
	}
	if got := ratio(pairs); got != 1.1 {
		t.Errorf("got %v, want 1.1: the median over the calmer half of the pairs", got)
	}
}

// Python is asked for in ways that only it can refuse; the shape of its answers is what counts here.
func TestPython(t *testing.T) {
	p, err := findPython(t.Context())
	if err != nil {
		if !strings.Contains(err.Error(), "CPython") {
			t.Errorf("the error does not say what to install: %v", err)
		}
		t.Skip(err)
	}
	pairs, err := p.pairs(t.Context(), workloads[2], 2, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs) != 3 || pairs[0].simple < 4*time.Millisecond || pairs[0].threads <= 0 {
		t.Errorf("2 workers that sleep 2 ms, 3 times: got %v", pairs)
	}
	alone, beside, err := p.waiting(t.Context(), time.Millisecond, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if alone < time.Millisecond || beside < time.Millisecond {
		t.Errorf("sleeps of 1 ms took %v alone and %v beside another thread", alone, beside)
	}
	if _, err := p.pairs(t.Context(), workload{python: "nothing"}, 1, 1, 1); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("a workload that threads.py has not: got error %v", err)
	}
}
