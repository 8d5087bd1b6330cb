package gil

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is how a lock changes hands.
type Kind uint8

// The kinds of policy.
const (
	// Interval is CPython 3.2 and later: a waiter asks for the lock after one
	// switch interval, and the holder gives it up at its next checkpoint and
	// does not take it back before another had it.
	Interval Kind = iota
	// Ticks is CPython before 3.2: every so many checkpoints the holder
	// releases the lock and takes it again at once, and all waiters fight.
	Ticks
	// Async is asyncio on one thread: the lock changes hands only where a
	// worker blocks, in order of arrival.
	Async
	// None is no lock.
	None
)

// What CPython uses unless told otherwise (sys.getswitchinterval, and
// sys.getcheckinterval of old).
const (
	DefaultInterval = 5 * time.Millisecond
	DefaultTicks    = 100
)

// Policy is a kind with its parameter. The zero value is [Interval] with
// [DefaultInterval].
type Policy struct {
	Kind     Kind
	Interval time.Duration // of kind Interval; 0: DefaultInterval
	Ticks    int           // of kind Ticks; 0: DefaultTicks
}

// withDefaults fills in the parameter of the policy's kind.
func (p Policy) withDefaults() Policy {
	if p.Kind == Interval && p.Interval <= 0 {
		p.Interval = DefaultInterval
	}
	if p.Kind == Ticks && p.Ticks <= 0 {
		p.Ticks = DefaultTicks
	}
	return p
}

// String is the policy as [ParsePolicy] reads it.
func (p Policy) String() string {
	p = p.withDefaults()
	switch p.Kind {
	case Interval:
		return "interval=" + p.Interval.String()
	case Ticks:
		return "ticks=" + strconv.Itoa(p.Ticks)
	case Async:
		return "async"
	default:
		return "none"
	}
}

// ParsePolicy reads a policy: "interval", "interval=1ms", "ticks", "ticks=100",
// "async" or "none". The number of "ticks" alone stays 0, which is for who knows the engine to fill in.
func ParsePolicy(s string) (Policy, error) {
	name, value, given := strings.Cut(strings.TrimSpace(s), "=")
	switch name {
	case "interval":
		p := Policy{Kind: Interval}
		if given {
			d, err := time.ParseDuration(value)
			if err != nil || d <= 0 {
				return Policy{}, fmt.Errorf("lock policy: interval must be a positive duration such as 5ms, got %q", value)
			}
			p.Interval = d
		}
		return p.withDefaults(), nil
	case "ticks":
		p := Policy{Kind: Ticks}
		if given {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return Policy{}, fmt.Errorf("lock policy: ticks must be a positive number such as 100, got %q", value)
			}
			p.Ticks = n
		}
		return p, nil
	case "async", "none":
		if given {
			return Policy{}, fmt.Errorf("lock policy: %s takes no value, got %q", name, value)
		}
		if name == "async" {
			return Policy{Kind: Async}, nil
		}
		return Policy{Kind: None}, nil
	}
	return Policy{}, fmt.Errorf("lock policy: want interval=5ms, ticks=100, async or none, got %q", s)
}
