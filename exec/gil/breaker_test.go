package gil

import (
	"sync/atomic"
	"testing"
)

func TestBreakerCountsReasons(t *testing.T) {
	var b Breaker
	check := func(want bool) {
		t.Helper()
		if got := b.Raised(); got != want {
			t.Errorf("Raised: got %v, want %v", got, want)
		}
		if got := *b.Flag(); got != want {
			t.Errorf("*Flag: got %v, want %v", got, want)
		}
		if got := atomic.LoadUint32(b.Word()) != 0; got != want {
			t.Errorf("*Word != 0: got %v, want %v", got, want)
		}
	}
	check(false)
	b.Raise(HandOver)
	b.Raise(HandOver)
	b.Raise(Stop)
	check(true)
	b.Lower(HandOver)
	b.Lower(Stop)
	check(true)
	b.Lower(HandOver)
	check(false)

	defer func() {
		if recover() == nil {
			t.Error("Lower without Raise: got no panic")
		}
		check(false)
	}()
	b.Lower(User)
}
