package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"lockstep/exec/shm"
)

// Objects that a workload captures are sent to worker processes by the methods
// below, which say where in shared memory an object is: it moves there when it is sent for the
// first time. They are for the session; an error says that an object cannot be sent now.

// send is the common part: the object's place.
func (o *owned) send() ([]byte, error) {
	at, err := o.share(here(), lockKind, func(to *ownedState, _ *space) error {
		s := &o.local
		o.bury(here())
		if !atomic.CompareAndSwapUint64(&s.holder, 0, moved) {
			return o.notNow(s.heldBy())
		}
		to.abandoned, to.culprit = s.abandoned, s.culprit
		to.waiting = atomic.LoadUint32(&s.waiting)
		return nil
	})
	if err != nil {
		return nil, err
	}
	o.known()
	if holder := o.heldNow(); holder.thread() == TheCell && holder.process() == o.space.number() {
		return nil, o.notNow(holder)
	}
	return offset(at), nil
}

// notNow says that a lock cannot be sent because somebody holds it.
func (o *owned) notNow(holder id) error {
	return &MisuseError{"sending", o.of("lock"), here().name(holder) + " holds it: unlock it first"}
}

func (o *owned) receive(data []byte) error {
	err := receive(&o.object, lockKind, data)
	if err == nil && o.away == nil {
		o.known()
	}
	return err
}

// known has this process look after a lock that it shares, now and from now on.
func (o *owned) known() {
	o.space.know(o.at)
	o.lock()
	defer o.unlock()
	o.bury(here())
}

func offset(at shm.Offset) []byte { return binary.AppendUvarint(nil, uint64(at)) }

func offsetOf(data []byte) (shm.Offset, error) {
	at, n := binary.Uvarint(data)
	if n <= 0 || at == 0 {
		return 0, fmt.Errorf("lab: %q is no place in shared memory", data)
	}
	return shm.Offset(at), nil
}

// MarshalBinary is for sending the lock to a worker process.
func (l *Lock) MarshalBinary() ([]byte, error) { return l.o.send() }

// UnmarshalBinary is the reverse.
func (l *Lock) UnmarshalBinary(data []byte) error { return l.o.receive(data) }

// MarshalBinary is for sending the lock to a worker process.
func (l *RLock) MarshalBinary() ([]byte, error) { return l.o.send() }

// UnmarshalBinary is the reverse.
func (l *RLock) UnmarshalBinary(data []byte) error { return l.o.receive(data) }

// MarshalBinary is for sending the value to a worker process.
func (v *Value) MarshalBinary() ([]byte, error) { return v.o.send() }

// UnmarshalBinary is the reverse.
func (v *Value) UnmarshalBinary(data []byte) error { return v.o.receive(data) }

// MarshalBinary is for sending the float to a worker process.
func (f *Float) MarshalBinary() ([]byte, error) { return f.o.send() }

// UnmarshalBinary is the reverse.
func (f *Float) UnmarshalBinary(data []byte) error { return f.o.receive(data) }

// MarshalBinary is for sending the semaphore to a worker process.
func (s *Semaphore) MarshalBinary() ([]byte, error) {
	at, err := s.o.share(here(), semaphoreKind, func(to *semaphoreState, _ *space) error { *to = s.o.local; return nil })
	return offset(at), err
}

// UnmarshalBinary is the reverse.
func (s *Semaphore) UnmarshalBinary(data []byte) error { return receive(&s.o, semaphoreKind, data) }

// MarshalBinary is for sending the semaphore to a worker process.
func (s *BoundedSemaphore) MarshalBinary() ([]byte, error) { return s.Semaphore.MarshalBinary() }

// UnmarshalBinary is the reverse.
func (s *BoundedSemaphore) UnmarshalBinary(data []byte) error {
	return s.Semaphore.UnmarshalBinary(data)
}

// MarshalBinary is for sending the event to a worker process.
func (e *Event) MarshalBinary() ([]byte, error) {
	at, err := e.o.share(here(), eventKind, func(to *eventState, _ *space) error { *to = e.o.local; return nil })
	return offset(at), err
}

// UnmarshalBinary is the reverse.
func (e *Event) UnmarshalBinary(data []byte) error { return receive(&e.o, eventKind, data) }

// MarshalBinary is for sending the barrier to a worker process.
func (b *Barrier) MarshalBinary() ([]byte, error) {
	at, err := b.o.share(here(), barrierKind, func(to *barrierState, _ *space) error { *to = b.o.local; return nil })
	return offset(at), err
}

// UnmarshalBinary is the reverse.
func (b *Barrier) UnmarshalBinary(data []byte) error { return receive(&b.o, barrierKind, data) }

// MarshalBinary is for sending the condition, and its lock, to a worker process.
func (c *Condition) MarshalBinary() ([]byte, error) {
	if c.o.away != nil {
		return nil, errLent
	}
	if c.held == nil {
		return nil, &MisuseError{"sending", c.o.of("condition"), "it was not made by NewCondition"}
	}
	lock, err := c.held.send()
	if err != nil {
		return nil, err
	}
	at, err := c.o.share(here(), conditionKind, func(to *conditionState, s *space) error {
		if len(c.calls) > maxCalls {
			return &MisuseError{"sending", c.o.of("condition"), "too many goroutines wait at it"}
		}
		to.last, to.reentrant = c.o.local.last, c.reentrant
		for i, call := range c.calls {
			call.process = s.number()
			to.calls[i] = call
		}
		place, err := offsetOf(lock)
		to.lock = place
		return err
	})
	return offset(at), err
}

// UnmarshalBinary is the reverse.
func (c *Condition) UnmarshalBinary(data []byte) error {
	if err := receive(&c.o, conditionKind, data); err != nil || c.o.away != nil {
		return err
	}
	s := c.o.state()
	c.held, c.reentrant = new(owned), s.reentrant
	if err := c.held.attach(here(), lockKind, s.lock); err != nil {
		return err
	}
	c.held.known()
	return nil
}

// MarshalBinary is for sending the queue to a worker process. The values that are
// in it are sent as well.
func (q *Queue) MarshalBinary() ([]byte, error) {
	at, err := q.o.share(here(), queueKind, func(to *queueState, s *space) error {
		*to = q.o.local
		for _, v := range q.values {
			head, body, err := []byte(nil), []byte(nil), error(nil)
			if e, ok := v.(encoded); ok {
				head = e
			} else {
				head, body, err = s.host.Marshal(v)
			}
			if err == nil {
				err = to.ring.push(s.region, head, body)
			}
			if err != nil {
				return err
			}
		}
		to.pipe = q.kind == "pipe"
		q.values = nil
		return nil
	})
	return offset(at), err
}

// UnmarshalBinary is the reverse.
func (q *Queue) UnmarshalBinary(data []byte) error {
	q.kind = "queue"
	if err := receive(&q.o, queueKind, data); err != nil || q.o.away != nil {
		return err
	}
	if q.o.state().pipe {
		q.kind = "pipe"
	}
	return nil
}

// MarshalBinary is for sending this end of the pipe to a worker process.
func (c *Conn) MarshalBinary() ([]byte, error) {
	in, err := c.in.MarshalBinary()
	if err != nil {
		return nil, err
	}
	out, err := c.out.MarshalBinary()
	return append(in, out...), err
}

// UnmarshalBinary is the reverse.
func (c *Conn) UnmarshalBinary(data []byte) error {
	c.in, c.out = new(Queue), new(Queue)
	if isReference(data) {
		c.in.kind, c.out.kind = "pipe", "pipe"
		rest, err := c.in.o.borrow(here(), data)
		if err == nil {
			_, err = c.out.o.borrow(here(), rest)
		}
		return err
	}
	_, n := binary.Uvarint(data)
	if n <= 0 {
		return fmt.Errorf("lab: %q is no place in shared memory", data)
	}
	if err := c.in.UnmarshalBinary(data[:n]); err != nil {
		return err
	}
	return c.out.UnmarshalBinary(data[n:])
}

// MarshalBinary is for sending the memory, which is not copied, to a worker process.
func (m *SharedMemory) MarshalBinary() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.mem == nil && m.size > 0:
		return nil, &ClosedError{"sending", m.object()}
	case m.at == 0:
		return nil, errNotShared
	}
	data := binary.AppendUvarint(offset(m.at), uint64(m.size))
	return append(data, m.name...), nil
}

// UnmarshalBinary is the reverse.
func (m *SharedMemory) UnmarshalBinary(data []byte) error {
	at, n := binary.Uvarint(data)
	if n <= 0 {
		return fmt.Errorf("lab: %q is no place in shared memory", data)
	}
	size, k := binary.Uvarint(data[n:])
	if k <= 0 {
		return fmt.Errorf("lab: %q is no shared memory", data)
	}
	s, err := here().space()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name, m.size, m.at, m.region = string(data[n+k:]), int(size), shm.Offset(at), s.region
	m.mem = s.region.Bytes(m.at, m.size)
	return nil
}

func receive[T any](o *object[T], k kind, data []byte) error {
	if isReference(data) {
		_, err := o.borrow(here(), data)
		return err
	}
	at, err := offsetOf(data)
	if err != nil {
		return err
	}
	return o.attach(here(), k, at)
}

// errLent is why what was lent cannot be sent.
var errLent = errors.New("it is an object of the session, lent to this process: only the session can send it")

// errOwn is why what stands for processes cannot be sent.
var errOwn = errors.New("its processes are those of the session, and a worker process has none")

// MarshalBinary says that a pool cannot be sent to a worker process.
func (p *Pool) MarshalBinary() ([]byte, error) { return nil, errOwn }

// UnmarshalBinary is the reverse.
func (p *Pool) UnmarshalBinary([]byte) error { return errOwn }

// MarshalBinary says that a process cannot be sent to a worker process.
func (p *Process) MarshalBinary() ([]byte, error) { return nil, errOwn }

// UnmarshalBinary is the reverse.
func (p *Process) UnmarshalBinary([]byte) error { return errOwn }

// MarshalBinary says that a result that is still to come cannot be sent to a worker process.
func (r *AsyncResult) MarshalBinary() ([]byte, error) { return nil, errOwn }

// UnmarshalBinary is the reverse.
func (r *AsyncResult) UnmarshalBinary([]byte) error { return errOwn }
