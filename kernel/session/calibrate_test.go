package session

import (
	"testing"

	"lockstep/exec"
	"lockstep/exec/gil"
)

// The interpreted loops do what the compiled ones do, and pass every checkpoint.
func TestLoopsOfTheCalibration(t *testing.T) {
	b := new(gil.Breaker)
	interpreted, err := interpretedLoops(b)
	if err != nil {
		t.Fatal(err)
	}
	compiled := compiledLoops(b)
	want := compiled.without(100)
	for name, f := range map[string]func(int) int{"compiled": compiled.with, "interpreted": interpreted.with, "interpreted, without": interpreted.without} {
		if got := f(100); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
	for name, l := range map[string]loops{"compiled": compiled, "interpreted": interpreted} {
		g := gil.NewGroup(b, nil, 1)
		g.Go(0, func() {
			b.Raise(gil.Count)
			defer b.Lower(gil.Count)
			l.with(100)
		})
		if err := g.Wait(t.Context()); err != nil || g.Checkpoints()[0] != 100 {
			t.Errorf("%s: got %d checkpoints, %v, want 100", name, g.Checkpoints()[0], err)
		}
	}
}

func TestCheckpointCostIsKept(t *testing.T) {
	s := &Session{checkpoints: map[string]exec.CheckpointCost{}}
	for _, engine := range []string{"interp", "native"} {
		first := s.checkpointCost(engine)
		if first.Checkpoints == 0 || first.Down <= 0 || first.Up <= 0 {
			t.Errorf("%s: got %+v", engine, first)
		}
		if again := s.checkpointCost(engine); again != first {
			t.Errorf("%s: calibrated twice: %+v, %+v", engine, first, again)
		}
	}
}
