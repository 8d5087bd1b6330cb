package wire

import (
	"slices"
	"testing"
	"time"
)

// What is published before the first subscriber is there must reach it, after
// its welcome and in order; a later subscriber gets none of it.
func TestEarlyMessagesWaitForTheFirstSubscriber(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, x *XPub, l *pipes) {
		for _, text := range []string{"1", "2"} {
			if err := x.Send(frames("kernel.x", text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.SendKept(frames("other", "3")); err != nil {
			t.Fatal(err)
		}
		first := subscriber(t, l, "kernel.") // has seen its welcome
		second := subscriber(t, l, "")
		if err := x.SendKept(frames("kernel.x", "4")); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"1", "2", "4"} {
			if got := first.message(t); !slices.Equal(got, []string{"kernel.x", want}) {
				t.Errorf("first subscriber: got %q, want %s", got, want)
			}
		}
		if got := second.message(t); !slices.Equal(got, []string{"kernel.x", "4"}) {
			t.Errorf("second subscriber: got %q, want 4 alone", got)
		}
	})
}

func TestEarlyMessagesAreBounded(t *testing.T) {
	e := early{until: time.Now().Add(time.Hour)}
	for range 10 {
		e.hold(newQueued([][]byte{make([]byte, earlyBytes/4)}))
	}
	if e.bytes > earlyBytes {
		t.Errorf("%d bytes are held, want at most %d", e.bytes, earlyBytes)
	}
	e.until = time.Now().Add(-time.Second)
	if e.hold(newQueued([][]byte{[]byte("late")})) || e.messages != nil {
		t.Error("messages are held after the time for it")
	}
}
