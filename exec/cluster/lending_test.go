//go:build unix

package cluster_test

import (
	"bytes"
	"context"
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"lockstep/exec/cluster"
	"lockstep/exec/gil"
	"lockstep/exec/procs"
	"lockstep/exec/shm"
	"lockstep/lab"
)

// labHost is what package lab has for a host in these tests: in worker processes it borrows.
type labHost struct{ worker atomic.Int64 }

var theHost labHost

func (h *labHost) Caller() lab.Caller {
	t := gil.Current()
	if t == nil {
		return lab.Caller{Worker: -1}
	}
	return lab.Caller{Thread: t.ID(), Worker: int(h.worker.Load())}
}

func (h *labHost) Ended(thread uint32) bool { return !gil.Lives(thread) }
func (h *labHost) Block(f func())           { gil.Block(f) }
func (h *labHost) Outside(f func())         { gil.Outside(f) }
func (h *labHost) Done() <-chan struct{}    { return gil.Done() }
func (h *labHost) Stdio() (*os.File, io.Writer, io.Writer) {
	return nil, os.Stdout, os.Stderr
}
func (h *labHost) Region() (*shm.Region, error) { return nil, errors.ErrUnsupported }
func (h *labHost) Marshal(v any) (head, body []byte, err error) {
	var b bytes.Buffer
	err = gob.NewEncoder(&b).Encode(&v)
	return b.Bytes(), nil, err
}
func (h *labHost) Unmarshal(data []byte) (v any, err error) {
	err = gob.NewDecoder(bytes.NewReader(data)).Decode(&v)
	return v, err
}
func (h *labHost) Ask(request []byte, done <-chan struct{}) ([]byte, error) {
	return procs.Ask(request, done)
}

// lent is what programs with objects get.
type lent struct {
	Objects map[string][]byte
	Task    int
	File    string
}

// get makes an object of what was lent.
func get[T any, P interface {
	*T
	encoding.BinaryUnmarshaler
}](a lent, name string) P {
	p := P(new(T))
	if err := p.UnmarshalBinary(a.Objects[name]); err != nil {
		panic(err)
	}
	return p
}

func withObjects(f func(a lent) (string, error)) func(int, []byte, []byte) ([]byte, error) {
	return func(_ int, _, arguments []byte) ([]byte, error) {
		var a lent
		if err := gob.NewDecoder(bytes.NewReader(arguments)).Decode(&a); err != nil {
			return nil, err
		}
		text, err := f(a)
		return []byte(text), err
	}
}

const (
	each  = 10 // additions of a task of the program count
	parts = 30 // items of a producer
)

// meet makes the file NAME.who, as the program once does, and waits for NAME.go.
func meet(name string) error {
	err := os.WriteFile(name+".new", fmt.Appendf(nil, "%d %d", os.Getpid(), os.Getppid()), 0o600)
	if err = errors.Join(err, os.Rename(name+".new", name+".who")); err != nil {
		return err
	}
	for {
		if _, err := os.Stat(name + ".go"); err == nil {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}

var additions atomic.Int64 // of this process

type item struct{ Producer, Number int }

func init() {
	gob.Register(item{})
	programs["count with a lock"] = withObjects(func(a lent) (string, error) {
		mu, plain, sum := get[lab.Lock](a, "mu"), get[lab.Value](a, "plain"), get[lab.Float](a, "sum")
		for range each {
			mu.With(func() { plain.Store(plain.Load() + 1) })
			sum.Add(0.5)
		}
		return "", nil
	})
	programs["hold"] = withObjects(func(a lent) (text string, err error) {
		mu, plain, permits := get[lab.Lock](a, "mu"), get[lab.Value](a, "plain"), get[lab.Semaphore](a, "permits")
		permits.Acquire()
		mu.Lock()
		if err := meet(a.File); err != nil {
			return "", err
		}
		defer func() { text = fmt.Sprint(recover()) }()
		plain.Store(999)
		return "", nil
	})
	programs["locks"] = withObjects(func(a lent) (string, error) {
		mu := get[lab.Lock](a, "mu")
		for range a.Task {
			mu.Lock()
			//lint:ignore SA2001 that is what is measured
			mu.Unlock()
		}
		return "", nil
	})
	programs["items"] = withObjects(func(a lent) (string, error) {
		q := get[lab.Queue](a, "queue")
		for i := range a.Task {
			q.Put(i)
		}
		return "", nil
	})
	programs["permit"] = withObjects(func(a lent) (string, error) {
		permits, inside, most, mu := get[lab.Semaphore](a, "permits"), get[lab.Value](a, "inside"), get[lab.Value](a, "most"), get[lab.Lock](a, "mu")
		permits.With(func() {
			n := inside.Add(1)
			mu.With(func() { most.Store(max(most.Load(), n)) })
			time.Sleep(5 * time.Millisecond)
			inside.Add(-1)
		})
		return "", nil
	})
	programs["wait"] = withObjects(func(a lent) (string, error) {
		get[lab.Value](a, "waiting").Add(1)
		get[lab.Event](a, "event").Wait()
		return "woken", nil
	})
	programs["flow"] = withObjects(func(a lent) (string, error) {
		q, out := get[lab.Queue](a, "queue"), get[lab.Queue](a, "out")
		if a.Task < 2 {
			for i := range parts {
				q.Put(item{a.Task, i})
			}
			return "", nil
		}
		last := [2]int{-1, -1}
		for v := range q.All() {
			x := v.(item)
			if x.Number <= last[x.Producer] {
				return "", fmt.Errorf("item %d of producer %d came after %d", x.Number, x.Producer, last[x.Producer])
			}
			last[x.Producer] = x.Number
			out.Put(x)
		}
		return "", nil
	})
	programs["bulk"] = withObjects(func(a lent) (string, error) {
		in, out := get[lab.Queue](a, "queue"), get[lab.Queue](a, "out")
		b := in.Get().([]byte)
		out.Put(append(b, b...))
		return "", nil
	})
	programs["twice"] = withObjects(func(a lent) (string, error) {
		mu := get[lab.Lock](a, "mu")
		mu.Lock()
		mu.Lock()
		return "", nil
	})
	programs["cross"] = withObjects(func(a lent) (string, error) {
		l := []*lab.Lock{get[lab.Lock](a, "a"), get[lab.Lock](a, "b")}
		first, second := l[a.Task], l[1-a.Task]
		first.Lock()
		defer first.Unlock()
		get[lab.Barrier](a, "both").Wait()
		second.Lock()
		defer second.Unlock()
		return "", nil
	})
	programs["add"] = withObjects(func(a lent) (string, error) {
		total, q := get[lab.Value](a, "total"), get[lab.Queue](a, "queue")
		total.Add(1)
		q.Put(fmt.Sprint(os.Getpid(), " ", additions.Add(1)))
		time.Sleep(5 * time.Millisecond)
		return "", nil
	})
}

// answers lends objects of the test.
type answers struct{ *lab.Loan }

func (x answers) Ask(ctx context.Context, c cluster.Client, request []byte) ([]byte, error) {
	return x.Serve(ctx, lab.Guest{ID: c.ID, Place: fmt.Sprintf("process %d on node %s", c.PID, c.Node)}, request), nil
}
func (x answers) Gone(c cluster.Client, died string) { x.Loan.Gone(c.ID, died) }

// lending is a team with objects.
type lending struct {
	r       *rig
	team    *cluster.Team
	loan    *lab.Loan
	objects map[string][]byte
}

func (r *rig) lend(program string, o cluster.TeamOptions, objects map[string]encoding.BinaryMarshaler) *lending {
	r.t.Helper()
	l := &lending{r: r, loan: lab.NewLoan(), objects: map[string][]byte{}}
	for name, x := range objects {
		var err error
		if l.objects[name], err = l.loan.Lend(x); err != nil {
			r.t.Fatal(err)
		}
	}
	o.Asked = answers{l.loan}
	l.team = r.team(program, nil, o)
	r.t.Cleanup(l.loan.End)
	return l
}

func (l *lending) arguments(task int, file string) []byte {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(lent{l.objects, task, file}); err != nil {
		l.r.t.Fatal(err)
	}
	return b.Bytes()
}

// do has n tasks done and checks that none fails.
func (l *lending) do(n int) {
	l.r.t.Helper()
	for i, x := range l.r.do(l.team, n, func(i int) []byte { return l.arguments(i, "") }) {
		if x.Failure != "" {
			l.r.t.Errorf("task %d: %s", i, x.Error)
		}
	}
}

// each object has a name, by which errors tell of it.
type objects = map[string]encoding.BinaryMarshaler
