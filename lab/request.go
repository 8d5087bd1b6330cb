package lab

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"
)

// What a process that has borrowed an object asks its lender to do.
const (
	doAcquire = iota + 1
	doRelease
	doLocked
	doLoad
	doStore
	doAdd
	doValue
	doSet
	doClear
	doIsSet
	doWait
	doSignal
	doAbort
	doReset
	doBroken
	doParties
	doWaiting
	doPut
	doNext
	doPutBack
	doLen
	doCap
	doClose
	doTaskDone
	doJoin
	doBury // of no object: the goroutine that asks has ended
)

// request is one operation on an object that is lent.
type request struct {
	object uint64
	op     uint64
	name   string // of the method, for error texts
	limit  time.Duration
	n      uint64
	thread uint32 // who asks
	worker int
	data   []byte
}

// reply is what it came to.
type reply struct {
	ok, open bool
	n        uint64
	data     []byte
	panicked error // one of the types of errors.go; nil: it did not
}

var errGarbled = errors.New("lab: a message about an object that was lent cannot be read")

func (r *request) encode() []byte {
	b := make([]byte, 0, len(r.data)+len(r.name)+32)
	b = binary.AppendUvarint(b, r.object)
	b = binary.AppendUvarint(b, r.op)
	b = binary.AppendVarint(b, int64(r.limit))
	b = binary.AppendUvarint(b, r.n)
	b = binary.AppendUvarint(b, uint64(r.thread))
	b = binary.AppendVarint(b, int64(r.worker))
	b = binary.AppendUvarint(b, uint64(len(r.name)))
	b = append(b, r.name...)
	return append(b, r.data...)
}

func decodeRequest(data []byte) (r request, err error) {
	in := parcel{rest: data}
	r.object, r.op, r.limit, r.n = in.uint(), in.uint(), time.Duration(in.int()), in.uint()
	r.thread, r.worker, r.name = uint32(in.uint()), int(in.int()), string(in.bytes())
	r.data = in.rest
	return r, in.err
}

// Errors go by their types.
var errorKinds = []func() error{
	func() error { return new(MisuseError) },
	func() error { return new(DeadlockError) },
	func() error { return new(AbandonedError) },
	func() error { return new(ClosedError) },
	func() error { return new(BrokenBarrierError) },
	func() error { return new(StoppedError) },
	func() error { return new(LostError) },
}

func errorKind(err error) int {
	return slices.IndexFunc(errorKinds, func(make func() error) bool { return reflect.TypeOf(make()) == reflect.TypeOf(err) })
}

// Flags of a reply.
const (
	flagOK = 1 << iota
	flagOpen
	flagPanicked
)

func (r *reply) encode() []byte {
	flags, data := uint64(0), r.data
	if r.ok {
		flags |= flagOK
	}
	if r.open {
		flags |= flagOpen
	}
	n := r.n
	if r.panicked != nil {
		flags |= flagPanicked
		kind := errorKind(r.panicked)
		if kind < 0 {
			r.panicked = &LostError{Reason: r.panicked.Error()}
			kind = errorKind(r.panicked)
		}
		n = uint64(kind)
		data, _ = json.Marshal(r.panicked) // strings and lists of them
	}
	b := make([]byte, 0, len(data)+12)
	b = binary.AppendUvarint(b, flags)
	b = binary.AppendUvarint(b, n)
	return append(b, data...)
}

func decodeReply(data []byte) (r reply, err error) {
	in := parcel{rest: data}
	flags := in.uint()
	r.ok, r.open, r.n, r.data = flags&flagOK != 0, flags&flagOpen != 0, in.uint(), in.rest
	if in.err != nil || flags&flagPanicked == 0 {
		return r, in.err
	}
	if r.n >= uint64(len(errorKinds)) {
		return r, errGarbled
	}
	r.panicked = errorKinds[r.n]()
	return r, json.Unmarshal(r.data, r.panicked)
}

// A reference stands for an object that is lent where an object is sent: a zero, which no place in shared
// memory begins with, the object's number, and its name.
func appendReference(b []byte, object uint64, name string) []byte {
	b = binary.AppendUvarint(append(b, 0), object)
	b = binary.AppendUvarint(b, uint64(len(name)))
	return append(b, name...)
}

func isReference(data []byte) bool { return len(data) > 0 && data[0] == 0 }

// parcel takes a message apart.
type parcel struct {
	rest []byte
	err  error
}

func (p *parcel) uint() uint64 {
	n, size := binary.Uvarint(p.rest)
	p.skip(size)
	return n
}

func (p *parcel) int() int64 {
	n, size := binary.Varint(p.rest)
	p.skip(size)
	return n
}

func (p *parcel) skip(size int) {
	if size <= 0 {
		p.rest, p.err = nil, errGarbled
		return
	}
	p.rest = p.rest[size:]
}

func (p *parcel) bytes() []byte {
	n := p.uint()
	if n > uint64(len(p.rest)) {
		p.rest, p.err = nil, errGarbled
		return nil
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}
