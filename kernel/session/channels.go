package session

import (
	"math/rand/v2"
	"reflect"
	"strings"

	"lockstep/exec/gil"
)

// The functions below are the channel operations of interpreted code, which
// hands over channels and pointers to values. They give the lock up only if they have to wait, and
// end the goroutine when its group is stopped while it waits.

func send(c, from any) {
	ch, v := reflect.ValueOf(c), reflect.ValueOf(from).Elem()
	if !ch.TrySend(v) {
		wait([]reflect.SelectCase{{Dir: reflect.SelectSend, Chan: ch, Send: v}})
	}
}

// receive stores what it receives; it reports false when the channel is closed.
func receive(c, into any) bool {
	ch := reflect.ValueOf(c)
	v, ok := ch.TryRecv()
	if !v.IsValid() {
		_, v, ok = wait([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: ch}})
	}
	reflect.ValueOf(into).Elem().Set(v)
	return ok
}

// choose is a select statement. Each byte of ops is one of its cases and says
// which arguments belong to it: 's', to send, a channel and a pointer to the value; 'r', to receive, a
// channel and a pointer to where it goes; 'd', to receive and drop it, a channel; '-', the default,
// nothing. It returns which case it was, and for one that receives whether the channel was open.
func choose(ops string, args ...any) (int, bool) {
	cases := make([]reflect.SelectCase, len(ops), len(ops)+1)
	into := make([]any, len(ops))
	next := func() any {
		a := args[0]
		args = args[1:]
		return a
	}
	blocking := true
	for i := range cases {
		c := &cases[i]
		switch ops[i] {
		case 's':
			c.Dir, c.Chan, c.Send = reflect.SelectSend, reflect.ValueOf(next()), reflect.ValueOf(next()).Elem()
		case 'r':
			c.Dir, c.Chan, into[i] = reflect.SelectRecv, reflect.ValueOf(next()), next()
		case 'd':
			c.Dir, c.Chan = reflect.SelectRecv, reflect.ValueOf(next())
		default:
			c.Dir, blocking = reflect.SelectDefault, false
		}
	}
	chosen, v, ok := attempt(cases)
	switch {
	case chosen >= 0:
	case blocking:
		chosen, v, ok = wait(cases)
	default:
		chosen = strings.IndexByte(ops, '-')
	}
	if p := into[chosen]; p != nil {
		reflect.ValueOf(p).Elem().Set(v)
	}
	return chosen, ok
}

// attempt does the first operation that need not wait, in a random order; without one it
// returns -1. It is reflect.Select without its allocations.
func attempt(cases []reflect.SelectCase) (int, reflect.Value, bool) {
	order := rand.Perm(len(cases))
	for _, i := range order {
		switch c := cases[i]; c.Dir {
		case reflect.SelectSend:
			if c.Chan.TrySend(c.Send) {
				return i, reflect.Value{}, false
			}
		case reflect.SelectRecv:
			if v, ok := c.Chan.TryRecv(); v.IsValid() {
				return i, v, ok
			}
		}
	}
	return -1, reflect.Value{}, false
}

// wait is reflect.Select without a default.
func wait(cases []reflect.SelectCase) (int, reflect.Value, bool) {
	stop := reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(gil.Done())}
	chosen, v, ok := gil.Select(append(cases, stop))
	if chosen >= len(cases) {
		stopped()
	}
	return chosen, v, ok
}
