package lab

import (
	"fmt"
	"strconv"
	"strings"
)

// MisuseError is the panic value of a call that breaks an object's rules.
type MisuseError struct {
	Op     string // "Unlock"
	Object string // `lock "accounts"`
	Reason string // what happened and, where there is one, the remedy
}

func (e *MisuseError) Error() string {
	return fmt.Sprintf("lab: %s of %s: %s", e.Op, e.Object, e.Reason)
}

// DeadlockError is the panic value of the Lock that closed a circle of
// goroutines, each of which waits for a lock that the next one holds.
type DeadlockError struct {
	Waits []Wait // the last one holds what the first one waits for
}

// Wait is a goroutine in a wait-for graph.
type Wait struct {
	Who   string // "worker 0"
	Holds string // the lock that the one before waits for
	Wants string // the lock that the next one holds
}

func (e *DeadlockError) Error() string {
	var b strings.Builder
	b.WriteString("lab: deadlock: " + strconv.Itoa(len(e.Waits)) + " goroutines wait for each other in a circle:")
	for _, w := range e.Waits {
		fmt.Fprintf(&b, "\n  %s holds %s and waits for %s", w.Who, w.Holds, w.Wants)
	}
	b.WriteString("\nTake locks in the same order everywhere, or use LockTimeout and give back what you hold.")
	return b.String()
}

// AbandonedError is the panic value of a wait for a lock whose holder has ended
// without unlocking it. The lock is free again; what it guards may be half changed.
type AbandonedError struct {
	Object string
	Holder string
}

func (e *AbandonedError) Error() string {
	return fmt.Sprintf("lab: %s: %s ended without unlocking it; it is free again, but what it guards may be half changed", e.Object, e.Holder)
}

// ClosedError is the panic value of using a queue or a pipe that is closed.
type ClosedError struct {
	Op, Object string
}

func (e *ClosedError) Error() string {
	return fmt.Sprintf("lab: %s of %s: it is closed", e.Op, e.Object)
}

// BrokenBarrierError is the panic value of waiting at a barrier that can no
// longer be passed.
type BrokenBarrierError struct {
	Object string
	Reason string
}

func (e *BrokenBarrierError) Error() string {
	return fmt.Sprintf("lab: %s is broken: %s", e.Object, e.Reason)
}

// LostError is the panic value of using an object that was lent to another machine when whoever
// lent it cannot be asked, or has given the caller up.
type LostError struct {
	Op, Object string
	Reason     string
}

func (e *LostError) Error() string {
	if e.Object == "" {
		return "lab: " + e.Reason
	}
	return fmt.Sprintf("lab: %s of %s: %s", e.Op, e.Object, e.Reason)
}

// StoppedError is the panic value of a wait that was interrupted, if the host
// does not end the goroutine itself.
type StoppedError struct{}

func (e *StoppedError) Error() string { return "lab: interrupted while waiting" }

// title is what error texts call an object: its kind, and its name or a number.
type title struct {
	name string
}

func (t title) of(kind string) string {
	if t.name == "" {
		return "a " + kind
	}
	return kind + " " + strconv.Quote(t.name)
}

func named(names []string) title { return title{strings.Join(names, " ")} }
