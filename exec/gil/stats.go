package gil

import "time"

// Stats are the figures of a worker: the sums over its threads.
type Stats struct {
	Held    time.Duration // running: with the lock, or free to run without one
	Waited  time.Duration // for the lock
	Blocked time.Duration // outside, the lock released
	// Hand-overs to another thread: at a checkpoint because it asked, and
	// because this one blocked or ended.
	Forced, Voluntary int64
}

func (s *Stats) add(state State, d time.Duration) {
	switch state {
	case Running:
		s.Held += d
	case Waiting:
		s.Waited += d
	case Blocked:
		s.Blocked += d
	}
}

func (s Stats) plus(o Stats) Stats {
	return Stats{
		Held:      s.Held + o.Held,
		Waited:    s.Waited + o.Waited,
		Blocked:   s.Blocked + o.Blocked,
		Forced:    s.Forced + o.Forced,
		Voluntary: s.Voluntary + o.Voluntary,
	}
}
