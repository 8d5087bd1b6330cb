package lab

import (
	"strconv"
	"time"
)

// Barrier is where a fixed number of goroutines wait for each other, again and again. It is made by [NewBarrier].
type Barrier struct{ o object[barrierState] }

type barrierState struct {
	parties int
	arrived int
	round   uint64
	broken  broken // the current round
	// over tells how the last rounds ended, for those who have not seen it yet.
	over [8]roundEnd
}

// roundEnd is how a round ended: all came, or it was broken.
type roundEnd struct {
	round  uint64 // and 1
	broken broken
}

// broken is why a round cannot be passed; the zero value: it is not.
type broken struct {
	why   breakage
	limit time.Duration
	who   id
}

type breakage uint32

const (
	unbroken breakage = iota
	stoppedWaiting
	waitedEnough
	aborted
	wasReset
	partyDied
)

// NewBarrier returns a barrier for n goroutines. It panics with a
// [*MisuseError] if n is less than 1.
func NewBarrier(n int, name ...string) *Barrier {
	b := new(Barrier)
	b.o.title, b.o.local.parties = named(name), n
	if n < 1 {
		panic(&MisuseError{"NewBarrier", b.o.of("barrier"), "it must be for at least 1 goroutine, got " + strconv.Itoa(n)})
	}
	return b
}

// Wait waits until all have come, and returns how many were there before: 0 for
// the first, so that one of them can be told to do what one has to do. It
// panics with a [*BrokenBarrierError] if the others can no longer all come.
func (b *Barrier) Wait() int { return b.wait(here(), "Wait", forever) }

// WaitTimeout is Wait that gives up after d. That breaks the barrier: this and
// all other waits panic with a [*BrokenBarrierError] until somebody calls Reset.
func (b *Barrier) WaitTimeout(d time.Duration) int { return b.wait(here(), "WaitTimeout", max(d, 0)) }

func (b *Barrier) wait(world *world, op string, limit time.Duration) int {
	if b.o.away != nil {
		return int(b.o.away.ask(world, request{op: doWait, name: op, limit: limit}).n)
	}
	b.o.lock()
	s := b.o.state()
	if s.parties == 0 {
		b.o.unlock()
		panic(&MisuseError{op, b.o.of("barrier"), "it was not made by NewBarrier"})
	}
	if s.broken.why != unbroken {
		broken := s.broken
		b.o.unlock()
		panic(b.errorOf(world, broken))
	}
	round, index := s.round, s.arrived
	if s.arrived++; s.arrived == s.parties {
		s.end(broken{})
		s.round, s.arrived = s.round+1, 0
		b.o.ringAll(0)
		b.o.unlock()
		return index
	}
	passed := false
	defer func() {
		if !passed { // stopped while waiting
			b.breakRound(round, broken{why: stoppedWaiting})
		}
	}()
	deaths := uint32(0)
	if b.o.head != nil {
		deaths, _ = b.o.space.deaths()
	}
	var end broken
	ok := wait{on: &b.o.core, peers: true, limit: limit,
		ready: func() (over bool) { end, over = b.o.state().endOf(round); return over },
		look: func() error {
			if b.o.head == nil {
				return nil
			}
			// Who has died may be one of those that are waited for, and nobody can
			// tell: better an error than to wait for ever.
			if n, who := b.o.space.deaths(); n != deaths {
				b.breakLocked(round, broken{why: partyDied, who: who})
			}
			return nil
		}}.do(world)
	passed = true
	if !ok {
		end = b.breakRound(round, broken{why: waitedEnough, limit: limit})
	}
	if end.why != unbroken {
		panic(b.errorOf(world, end))
	}
	return index
}

// end notes how the current round ends.
func (s *barrierState) end(how broken) {
	s.over[s.round%uint64(len(s.over))] = roundEnd{s.round + 1, how}
}

// endOf tells whether a round is over, and how.
func (s *barrierState) endOf(round uint64) (how broken, over bool) {
	if s.round == round {
		return s.broken, s.broken.why != unbroken
	}
	if e := s.over[round%uint64(len(s.over))]; e.round == round+1 {
		return e.broken, true
	}
	return broken{}, true // long ago
}

// breakRound breaks a round, unless it is over, and returns how it ended.
func (b *Barrier) breakRound(round uint64, why broken) broken {
	b.o.lock()
	defer b.o.unlock()
	return b.breakLocked(round, why)
}

func (b *Barrier) breakLocked(round uint64, why broken) broken {
	s := b.o.state()
	if how, over := s.endOf(round); over {
		return how
	}
	s.broken = why
	b.o.ringAll(0)
	return why
}

func (b *Barrier) errorOf(w *world, how broken) *BrokenBarrierError {
	reason := map[breakage]string{
		stoppedWaiting: "a goroutine that waited was stopped",
		waitedEnough:   "a goroutine did not wait longer than " + how.limit.String(),
		aborted:        "it was aborted",
		wasReset:       "it was reset",
		partyDied:      w.name(how.who) + " died",
	}[how.why]
	return &BrokenBarrierError{b.o.of("barrier"), reason}
}

// Abort breaks the barrier: all who wait or come later get a
// [*BrokenBarrierError], until somebody calls Reset.
func (b *Barrier) Abort() {
	if b.o.away != nil {
		b.o.away.ask(here(), request{op: doAbort, name: "Abort"})
		return
	}
	b.o.lock()
	defer b.o.unlock()
	b.breakLocked(b.o.state().round, broken{why: aborted})
}

// Reset makes the barrier as new. Those who wait get a [*BrokenBarrierError].
func (b *Barrier) Reset() {
	if b.o.away != nil {
		b.o.away.ask(here(), request{op: doReset, name: "Reset"})
		return
	}
	b.o.lock()
	defer b.o.unlock()
	s := b.o.state()
	how := s.broken
	if how.why == unbroken {
		how.why = wasReset
	}
	s.end(how)
	s.round, s.arrived, s.broken = s.round+1, 0, broken{}
	b.o.ringAll(0)
}

// Broken reports whether the barrier is broken.
func (b *Barrier) Broken() bool {
	if b.o.away != nil {
		return b.o.away.ask(here(), request{op: doBroken, name: "Broken"}).ok
	}
	b.o.lock()
	defer b.o.unlock()
	return b.o.state().broken.why != unbroken
}

// Parties is the number of goroutines that have to come.
func (b *Barrier) Parties() int {
	if b.o.away != nil {
		return int(b.o.away.ask(here(), request{op: doParties, name: "Parties"}).n)
	}
	b.o.lock()
	defer b.o.unlock()
	return b.o.state().parties
}

// Waiting is the number of goroutines that have come.
func (b *Barrier) Waiting() int {
	if b.o.away != nil {
		return int(b.o.away.ask(here(), request{op: doWaiting, name: "Waiting"}).n)
	}
	b.o.lock()
	defer b.o.unlock()
	return b.o.state().arrived
}
