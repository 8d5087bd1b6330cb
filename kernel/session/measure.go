package session

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/pprof"
	"slices"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/measure"
	"lockstep/exec/procs/value"
	"lockstep/kernel/display"
	"lockstep/kernel/pipe"
)

// measured is the workload of a measurement, in an engine of its own if that is asked for.
func (s *Session) measured(m pipe.Measure) (exec.Workload, *pipe.Fault) {
	if !m.Alone {
		return s.workload(m.Run)
	}
	alone := &Session{conn: s.conn, breaker: s.breaker, out: s.out, asks: s.asks, native: &native{load: s.native.load},
		vars: map[string]*variable{}, runs: map[*gil.Group]*run{}}
	failed := func(err error) (exec.Workload, *pipe.Fault) {
		return nil, &pipe.Fault{Kind: "error", Text: err.Error()}
	}
	var err error
	if alone.engine, err = newEngine(alone); err != nil {
		return failed(err)
	}
	work, f := alone.workload(m.Run)
	if f == nil {
		f = alone.declare(alone.engine, m.Run)
	}
	if f != nil {
		return nil, f
	}
	captured, err := s.captured(m.Program.Captured)
	if err != nil {
		return failed(err)
	}
	data, err := value.Encode(captured, value.Options{})
	if err == nil {
		err = value.Decode(data, alone.variable, value.Options{})
	}
	if err != nil {
		return failed(fmt.Errorf("with another engine than the session's the workload gets its variables by value: %w", err))
	}
	return work, nil
}

// measure runs a workload under the modes of a plan.
func (s *Session) measure(ctx context.Context, id uint64, m pipe.Measure) pipe.Reply {
	s.offerFunctions(m.Functions)
	work, fault := s.measured(m)
	if fault != nil {
		return pipe.Reply{Err: fault}
	}
	setting := exec.Setting{Breaker: s.breaker, Show: s.shows(m.Types), Engine: m.Engine,
		Checkpoint: func() exec.CheckpointCost { return s.checkpointCost(m.Engine) }}
	if m.Program != nil && slices.Contains(m.Plan.Modes, exec.Cluster) {
		r, err := s.remote(m)
		if err != nil {
			return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
		}
		defer r.close()
		setting.Cluster = r
	}
	if m.Program != nil {
		p, err := s.processes(m)
		switch {
		case err == nil:
			defer p.Close()
			setting.Processes = p
		case m.Plan.Modes == nil:
			setting.NoProcesses = err.Error()
		default:
			return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
		}
	}
	s.asks.begin(m.Cell, false)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan struct{})
	defer close(done)
	go watchMemory(done, stop)
	if m.Secluded {
		go s.watchWaits(done, m.Cell)
	}
	var result measure.Result
	var err error
	pprof.Do(ctx, pprof.Labels("cell", m.Cell), func(ctx context.Context) {
		result, err = exec.Run(ctx, m.Plan, work, setting, func(p exec.Progress) {
			_ = s.conn.Send(pipe.Advance{ID: id, Progress: p})
		})
	})
	reply := pipe.Reply{Result: result}
	var interrupted *exec.InterruptedError
	var failed *exec.WorkloadError
	reply.Err = overrun(context.Cause(ctx))
	switch {
	case err == nil || reply.Err != nil:
	case errors.As(err, &interrupted):
		reply.Err = &pipe.Fault{Kind: "interrupted", Text: err.Error()}
	case errors.As(err, &failed):
		reply.Err = &pipe.Fault{Kind: string(failed.Outcome.Failure), Text: err.Error()}
	default:
		reply.Err = &pipe.Fault{Kind: "error", Text: err.Error()}
	}
	return reply
}

// workload compiles a unit whose entry is a workload.
func (s *Session) workload(u pipe.Run) (exec.Workload, *pipe.Fault) {
	if len(u.Plugins) > 0 {
		unit, f := s.loadUnit(u)
		if f != nil {
			return nil, f
		}
		return exec.WorkloadFunc(func(w exec.Worker) (any, error) { return unit.Work(w.Index, w.Workers, w.Task) }), nil
	}
	if f := s.engine.compile(u); f != nil {
		return nil, f
	}
	fn, f := s.engine.entry(u.Entry)
	if f != nil {
		return nil, f
	}
	entry, ok := fn.Interface().(func(int, int, int) (any, error))
	if !ok {
		return nil, &pipe.Fault{Kind: "internal error", Text: fmt.Sprintf("the workload is %s", fn.Type())}
	}
	return exec.WorkloadFunc(func(w exec.Worker) (any, error) { return entry(w.Index, w.Workers, w.Task) }), nil
}

// shows makes text of workers' results and panics.
func (s *Session) shows(types display.Types) exec.Show {
	return exec.Show{
		Result: func(v any) string {
			if v == nil {
				return ""
			}
			return display.Text(reflect.ValueOf(v), display.FormatOptions{Types: types, Resolve: resolver(types),
				Limits: display.Limits{Elements: 8, Depth: 3, TextBytes: 60, StringBytes: 40}})
		},
		Panic: func(v any, stack []byte) string {
			f := panicFault(v, stack, "")
			if exit, ok := v.(*exitError); ok {
				return fmt.Sprintf("os.Exit(%d) (line %d)", exit.code, f.Line)
			}
			if f.Line == 0 {
				return "panic: " + f.Text
			}
			return fmt.Sprintf("panic: %s (line %d)", f.Text, f.Line)
		},
	}
}
