package procs

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"lockstep/exec/measure"
	"lockstep/exec/shm"
)

// mailbox is shared memory in which a worker process leaves what calls came to. So it
// need not tell of each at once, and nothing that is in it is lost if the process dies: the call that it
// died in is the one after the last in the mailbox.
//
// It begins with the number of bytes that are used of the rest. Both sides begin anew with each errand.
type mailbox struct {
	used *uint64
	room []byte
	at   int // how far this side has got
}

const (
	// mailboxBytes is room for some ten thousand small results; more of them are told of one by one.
	mailboxBytes = 1 << 20
	// postEvery is how long a result may lie in the mailbox before the session is told:
	// it makes itself felt only in calls that take less.
	postEvery = 500 * time.Microsecond
)

func newMailbox(r *shm.Region, at shm.Offset) *mailbox {
	return &mailbox{used: shm.At[uint64](r, at), room: r.Bytes(at, mailboxBytes)[8:]}
}

func (m *mailbox) begin() {
	m.at = 0
	atomic.StoreUint64(m.used, 0)
}

// What a call came to begins with one of these.
const (
	leftValue   = 'v' // the value follows
	leftFailure = 'f' // the parts of the failure follow
)

// put leaves what a call came to, if there is room.
func (m *mailbox) put(c *Called) bool {
	need := 1 + len(c.Value) + len(c.Failure) + len(c.Error) + len(c.Stack) + 3*binary.MaxVarintLen64
	if need > len(m.room)-m.at {
		return false
	}
	b := m.room[m.at:m.at]
	if c.Failure == "" {
		b = append(b, leftValue)
		b = append(binary.AppendUvarint(b, uint64(len(c.Value))), c.Value...)
	} else {
		b = append(b, leftFailure)
		for _, part := range []string{string(c.Failure), c.Error, c.Stack} {
			b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
		}
	}
	m.at += len(b)
	atomic.StoreUint64(m.used, uint64(m.at))
	return true
}

// all is how much there is.
func (m *mailbox) all() int { return int(min(atomic.LoadUint64(m.used), uint64(len(m.room)))) }

// take takes out what there is up to end: one piece of memory for all of it.
func (m *mailbox) take(end int) *post {
	end = min(end, m.all())
	p := &post{from: m}
	if m.at < end {
		p.rest = append([]byte{}, m.room[m.at:end]...)
	}
	return p
}

// post is what was in a mailbox.
type post struct {
	from *mailbox
	rest []byte
}

// next is what the next call came to; nil if there is nothing more, or nothing that could have been put in.
func (p *post) next() *Called {
	if len(p.rest) == 0 {
		return nil
	}
	kind, rest := p.rest[0], p.rest[1:]
	part := func() (b []byte, ok bool) {
		n, k := binary.Uvarint(rest)
		if k <= 0 || n > uint64(len(rest)-k) {
			return nil, false
		}
		b, rest = rest[k:k+int(n):k+int(n)], rest[k+int(n):]
		return b, true
	}
	c := new(Called)
	var parts [3][]byte
	for i := range parts {
		var ok bool
		if parts[i], ok = part(); !ok {
			return nil
		}
		if kind == leftValue {
			c.Value = parts[i]
			break
		}
	}
	if kind != leftValue {
		c.Failure, c.Error, c.Stack = measure.FailureKind(parts[0]), string(parts[1]), string(parts[2])
	}
	p.from.at += len(p.rest) - len(rest)
	p.rest = rest
	return c
}
