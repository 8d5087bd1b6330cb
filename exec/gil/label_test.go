package gil

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"testing"
)

// The layout of labels is the runtime's; this fails when a Go release changes it.
func TestLabelsAreThoseOfTheRuntime(t *testing.T) {
	if _, ok := Label("cell"); ok {
		t.Error("label before any is set: got one")
	}
	pprof.Do(t.Context(), pprof.Labels("zone", "z", "cell", "7"), func(context.Context) {
		g := NewGroup(new(Breaker), nil, 12)
		var cell, worker, profile string
		g.Go(11, func() {
			cell, _ = Label("cell")
			worker, _ = Label(workerKey)
			var b bytes.Buffer
			if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
				t.Error(err)
			}
			profile = b.String()
		})
		wait(t, g)
		if cell != "7" || worker != "11" {
			t.Errorf("labels in a thread: got cell %q, worker %q, want 7, 11", cell, worker)
		}
		if want := `"cell":"7", "lockstep.worker":"11", "zone":"z"`; !strings.Contains(profile, want) {
			t.Errorf("goroutine profile: want labels %s in\n%s", want, profile)
		}
		if _, ok := Label(workerKey); ok {
			t.Error("the thread's label leaked into the goroutine that started it")
		}
	})
}

func TestCurrent(t *testing.T) {
	g := NewGroup(new(Breaker), nil, 3)
	if Current() != nil {
		t.Error("outside a group: got a thread")
	}
	var own *Thread
	g.Go(2, func() {
		own = Current()
		if own == nil || own.Worker() != 2 || own.Group() != g {
			t.Errorf("in a thread: got %v, want one of worker 2", own)
		}
		if !Lives(own.ID()) {
			t.Error("in a thread: got it ended")
		}
		inherited := make(chan *Thread)
		go func() { inherited <- Current() }()
		if got := <-inherited; got != nil {
			t.Error("a goroutine that inherited the label: got taken for the thread itself")
		}
		started := make(chan *Thread)
		Go(func() { started <- Current() })
		if got := <-started; got == nil || got == own || got.Worker() != 2 {
			t.Errorf("a goroutine started by Go: got %v, want a thread of its own of worker 2", got)
		}
	})
	wait(t, g)
	if Lives(own.ID()) {
		t.Error("after its end: got the thread not ended")
	}
}
