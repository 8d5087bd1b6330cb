package session

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lockstep/exec"
	"lockstep/exec/measure"
	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
	"lockstep/kernel/pipe"
	"lockstep/lab"
)

// wants is what this process has asked the kernel for.
type wants struct {
	conn  *pipe.Conn
	given pipe.Answers[pipe.Given]

	mu     sync.Mutex
	parts  map[uint64]*parts // of answers that come in parts, by their questions
	folder string            // for what is large; "" as long as nobody has asked
}

// ask waits for the answer. When ctx ends the kernel is told to stop, and its answer is still waited for.
func (w *wants) ask(ctx context.Context, body any) (any, error) {
	id, answer := w.given.Expect()
	return w.send(ctx, id, answer, body)
}

func (w *wants) send(ctx context.Context, id uint64, answer <-chan pipe.Given, body any) (any, error) {
	if err := w.conn.Send(pipe.Want{ID: id, Body: body}); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = w.conn.Send(pipe.Want{Body: pipe.ClusterStop{ID: id}}) })
	defer stop()
	g := <-answer
	if g.Err != "" {
		return nil, errors.New(g.Err)
	}
	return g.Body, nil
}

// remote is a workload in the cluster, by way of the kernel: an exec.Processes. The program is stored before the first run.
type remote struct {
	s     *Session
	open  pipe.ClusterOpen
	once  sync.Once
	id    uint64
	error error
}

// remote prepares what the nodes of a cluster are sent.
func (s *Session) remote(m pipe.Measure) (*remote, error) {
	r := &remote{s: s, open: pipe.ClusterOpen{Cell: m.Cell}}
	var err error
	if r.open.Program, r.open.Files, err = portable(m.Program.Run, procs.SumFile); err != nil {
		return nil, err
	}
	vars, err := s.captured(m.Program.Captured)
	if err != nil {
		return nil, err
	}
	loan := lab.NewLoan()
	if len(vars) > 0 {
		values, err := value.Encode(vars, value.Options{Types: typesOf(&m.Program.Run), Binary: loan.Lend})
		if err != nil {
			return nil, err
		}
		if r.open.Values, err = pipe.Pack(s.wants.where, values); err != nil {
			return nil, err
		}
	}
	r.open.Loan = s.loans.add(loan)
	return r, nil
}

// portable is what nodes get of a program: its compiled units, which are in files, are known by their sums there.
func portable(run pipe.Run, sum func(file string) (string, error)) (program []byte, files []string, err error) {
	run.Plugins = slices.Clone(run.Plugins)
	for i := range run.Plugins {
		p := &run.Plugins[i]
		files = append(files, p.File)
		if p.File, err = sum(p.File); err != nil {
			return nil, nil, fmt.Errorf("a compiled unit: %w", err)
		}
	}
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(run); err != nil {
		return nil, nil, err
	}
	return data.Bytes(), files, nil
}

// close ends the loan.
func (r *remote) close() { r.s.loans.end(r.open.Loan) }

// Prepare implements exec.Processes.
func (r *remote) Prepare(ctx context.Context, shape exec.Shape) (exec.Crew, error) {
	r.once.Do(func() {
		answer, err := r.s.wants.ask(ctx, r.open)
		r.open.Values, r.error = pipe.Packed{}, err
		if o, ok := answer.(pipe.ClusterOpened); ok {
			r.id = o.Program
		}
	})
	if r.error != nil {
		return nil, r.error
	}
	answer, err := r.s.wants.ask(ctx, pipe.ClusterPrepare{Program: r.id, Shape: shape})
	if err != nil {
		return nil, err
	}
	return &remoteCrew{s: r.s, ready: answer.(pipe.ClusterReady)}, nil
}

// remoteCrew is workers in the cluster: an exec.Crew.
type remoteCrew struct {
	s     *Session
	ready pipe.ClusterReady
	done  pipe.ClusterDone
}

func (c *remoteCrew) Startup() exec.Startup { return c.ready.Startup }

func (c *remoteCrew) Run(ctx context.Context) ([]measure.Outcome, error) {
	answer, err := c.s.wants.ask(ctx, pipe.ClusterRun{Crew: c.ready.Crew})
	if err != nil {
		return nil, err
	}
	c.done = answer.(pipe.ClusterDone)
	return c.done.Outcomes, nil
}

func (c *remoteCrew) Timeline() *measure.Timeline { return c.done.Timeline }
func (c *remoteCrew) Cluster() *measure.Cluster   { return c.done.Cluster }

func (c *remoteCrew) Close() error {
	_, err := c.s.wants.ask(context.Background(), pipe.ClusterEnd{Crew: c.ready.Crew})
	return err
}
