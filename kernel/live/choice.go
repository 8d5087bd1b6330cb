package live

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"lockstep/kernel/lang"
	"lockstep/kernel/magic"
	"lockstep/kernel/native"
)

// The settings of %engine.
const (
	Interp = "interp" // every cell is interpreted
	Native = "native" // every cell is compiled
	Auto   = "auto"   // declarations and loops are compiled, plain statements interpreted
)

// choice is which engine the session has and which it can have. Session.running
// guards what changes after the start.
type choice struct {
	wanted  string
	tools   *native.Toolchain // nil: there is none
	missing string            // why there is none
	booted  chan struct{}     // closed when the first process has been started
	// prepared is closed when the toolchain is ready, or has failed (failure says why); nil where it was ready.
	prepared chan struct{}
	failure  error
	progress chan string
	told     bool // the user knows that the native engine could be had, or why not
}

// boot finds out which engine there is and starts the first process.
func (s *Session) boot(ctx context.Context) {
	defer close(s.choice.booted)
	s.wanted = s.opt.Engine
	if s.wanted == "" || s.opt.Native == nil {
		s.wanted = Interp
	}
	s.engine = newInterp(s.opt.Argv)
	if s.opt.Native != nil {
		s.findTools(ctx)
	}
	s.proc = s.start()
}

// findTools looks for a toolchain. One that is not ready is made so in the
// background, while interp serves.
func (s *Session) findTools(ctx context.Context) {
	tools, err := s.opt.Native(ctx)
	if err != nil {
		s.missing = err.Error()
		return
	}
	s.tools = tools
	switch {
	case tools.Ready() && s.wanted == Interp:
		// The program that can load units: a run may want that for itself.
		s.engine = newInterp(newCompiled(tools).argv())
		return
	case tools.Ready():
		s.engine = newCompiled(tools)
		return
	case s.wanted == Interp:
		return // not unless it is asked for
	}
	s.prepare(ctx)
}

// prepare makes the toolchain ready in the background.
func (s *Session) prepare(ctx context.Context) {
	s.prepared, s.progress = make(chan struct{}), make(chan string, 16)
	go func() {
		defer close(s.prepared)
		s.failure = s.tools.Prepare(ctx, func(text string) {
			select {
			case s.progress <- text:
			default: // nobody listens
			}
		})
	}()
}

// ready waits for the first process, and in a session that wants the native engine for
// that. With auto it goes over to the native engine as soon as nothing is lost by it.
func (s *Session) ready(ctx context.Context, out lang.Output) *lang.Error {
	select {
	case <-s.choice.booted:
	case <-ctx.Done():
		return interrupted("the session had not started yet")
	}
	if s.wanted == Native && s.tools == nil && !s.told {
		s.tellMissing(out)
	}
	if s.prepared == nil || s.wanted == Interp {
		return nil
	}
	if s.wanted == Native {
		if err := s.awaitTools(ctx, out); err != nil {
			return err
		}
	}
	select {
	case <-s.prepared:
	default:
		if !s.told {
			s.told = true
			out.Stream("stderr", "note: the native engine is being made ready for this machine, once; until then cells are interpreted\n")
		}
		return nil
	}
	if s.failure != nil {
		s.prepared, s.tools, s.missing = nil, nil, s.failure.Error()
		s.tellMissing(out)
		return nil
	}
	values := s.save(false)
	defer values.discard()
	if lost := s.losses(ctx, values); len(lost) > 0 {
		if s.told {
			s.told = false
			out.Stream("stderr", "note: the native engine is ready; %engine auto goes over to it. It is another process, without\n      "+strings.Join(lost, "\n      ")+"\n")
		}
		return nil
	}
	s.prepared = nil
	if lost, err := s.move(newCompiled(s.tools), values); err != nil || len(lost) > 0 {
		out.Stream("stderr", "note: the session went over to the native engine and has lost "+strings.Join(lost, ", ")+"\n")
	}
	return nil
}

// tellMissing tells why the native engine is not there.
func (s *Session) tellMissing(out lang.Output) {
	s.told = true
	out.Stream("stderr", "note: the native engine is not available, so cells are interpreted: "+s.missing+"\n")
}

// awaitTools waits until the toolchain is ready, telling the cell how it goes.
func (s *Session) awaitTools(ctx context.Context, out lang.Output) *lang.Error {
	for {
		select {
		case text := <-s.progress:
			out.Stream("stderr", "native engine: "+text+"\n")
		case <-s.prepared:
			return nil
		case <-ctx.Done():
			return interrupted("the native engine was not ready yet; nothing of the cell ran")
		}
	}
}

// other is the engine for a run that wants another one than the session's, nil
// where it does not. auto is no wish: a workload is compiled where it can be.
func (e *env) other(name string) (engine, *lang.Error) {
	switch {
	case name == "" || name == e.engine.name() || name == Auto:
		return nil, nil
	case name == Interp:
		return newInterp(e.engine.argv()), nil
	case e.tools != nil && e.engine.argv()[0] == e.tools.Host():
		return newCompiled(e.tools), nil
	case e.tools != nil:
		return nil, userError("not supported", "the session's process was started before the native engine was ready: %engine native goes over to it")
	}
	return nil, userError("not supported", "there is no native engine here: "+e.missing)
}

func (e *env) Engine(context.Context) (magic.EngineInfo, error) {
	missing := e.missing
	if missing == "" && e.tools == nil {
		missing = "this session was started without it"
	}
	inUse := e.wanted
	if missing != "" {
		inUse = Interp
	}
	info := magic.EngineInfo{Name: inUse, Summary: "yaegi, " + runtime.Version(), Engines: []magic.Engine{
		{Name: Interp, Summary: "interprets Go; answers at once, needs nothing on the machine"},
		{Name: Native, Summary: "compiles cells with the Go toolchain", Missing: missing},
		{Name: Auto, Summary: "native where it pays, interp else", Missing: missing},
	}}
	if c, ok := e.engine.(*compiled); ok {
		info.Summary = fmt.Sprintf("%s, %s", c.tools.Version(), e.proc.cost())
	}
	return info, nil
}

func (e *env) SetEngine(ctx context.Context, name string) error {
	if name != Interp && e.tools == nil {
		return userError("not supported", "there is no native engine here: "+e.missing)
	}
	if name != Interp && e.prepared == nil && !e.tools.Ready() {
		e.prepare(e.life)
	}
	e.wanted = name
	if name != Interp && e.prepared != nil {
		if err := e.awaitTools(ctx, e.out); err != nil {
			return err
		}
		if e.failure != nil {
			return userError("not supported", "there is no native engine here: "+e.failure.Error())
		}
		e.prepared = nil
	}
	if (name == Interp) == (e.engine.name() == Interp) {
		return nil
	}
	var next engine = newInterp(e.engine.argv())
	if name != Interp {
		next = newCompiled(e.tools)
	}
	return e.moved(next)
}

// hostPath is the program that loads compiled units, "" where there is none.
func (s *Session) hostPath() string {
	if s.tools == nil {
		return ""
	}
	return s.tools.Host()
}
