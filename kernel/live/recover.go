package live

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"lockstep/exec/procs"
	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/lang"
	"lockstep/kernel/pipe"
)

// environ is the session process's environment: ours, with what %env changed.
func (s *Session) environ() []string {
	var out []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if _, set := s.env[name]; !set && !s.unset[name] {
			out = append(out, e)
		}
	}
	for name, value := range s.env {
		out = append(out, name+"="+value)
	}
	return out
}

// revive starts a new session process after the old one died, brings the
// declarations back, and makes the cell's error of what happened.
func (s *Session) revive(d *died) *lang.Error {
	name := "session ended"
	value := d.reason
	switch kind, rest, ok := strings.Cut(value, ": "); {
	case ok && (kind == "fatal error" || kind == "interrupted" || kind == "panic"):
		name, value = kind, rest
	}
	if strings.Contains(d.report, "goroutine stack exceeds") {
		name, value = "fatal error", "stack overflow: the recursion does not end (or is too deep)"
	}
	if procs.OutOfMemory(d.report) {
		name, value = "fatal error", "out of memory"
		if s.memory > 0 {
			value += ": the session may use " + humanize.Bytes(uint64(s.memory)) + " (%limit shows and changes that)"
		}
	}
	e := userError(name, value)
	if engine, ok := s.engine.(*compiled); ok {
		if places := engine.ended(d.report); len(places) > 0 {
			e.Traceback = append(e.Traceback, s.place("at", places[0].Cell, places[0].Line)...)
			e.Traceback = append(e.Traceback, s.callers(places[1:])...)
		}
	}
	lost, kept, err := s.restart()
	text := "The session process ended; a new one has started and the declarations are back."
	if err != nil {
		text = "The session process ended; a new one has started, empty: " + err.Error()
	}
	if len(lost) > 0 {
		text += " Variables that are gone: " + strings.Join(lost, ", ") + "."
	}
	if len(kept) > 0 {
		text += " Reset to zero, because declarations use them: " + strings.Join(kept, ", ") + "."
	}
	e.Traceback = append(e.Traceback, text)
	return e
}

// restart replaces the session process. It returns the variables that are gone
// and those that declarations need, which are there again with their zero values.
// keep names more variables that are to be there.
func (s *Session) restart(keep ...string) (lost, kept []string, err error) {
	s.proc.kill()
	<-s.proc.gone
	s.engine = s.engine.fresh()
	s.proc, s.usage = s.start(), usage{}
	scope := s.current()
	all := scope.Vars()
	checked, err := empty(scope)
	if err == nil {
		for _, name := range append(usedVars(checked, all), keep...) {
			if !slices.Contains(kept, name) {
				kept = append(kept, name)
			}
		}
	}
	for _, v := range all {
		if !slices.Contains(kept, v.Name) {
			lost = append(lost, v.Name)
		}
	}
	if len(lost) > 0 {
		scope = scope.WithoutVars(lost)
		if err == nil {
			checked, err = empty(scope)
		}
	}
	if err == nil {
		err = s.replay(checked, kept)
	}
	if err != nil {
		scope = check.NewScope(s.packages)
		for _, v := range all {
			if !slices.Contains(lost, v.Name) {
				lost = append(lost, v.Name)
			}
		}
		kept = nil
		s.engine = s.engine.fresh()
	}
	s.setScope(scope)
	return lost, kept, err
}

// empty checks an empty cell, which tells what the live declarations use.
func empty(scope *check.Scope) (*check.Cell, error) {
	g, err := cell.Parse(scope.Fset(), "session", "", 1)
	if err != nil {
		return nil, err
	}
	return scope.Check(g, check.TopLevel)
}

// usedVars returns the variables that live declarations use.
func usedVars(checked *check.Cell, vars []*check.Var) []string {
	var used []string
	for _, v := range vars {
		for _, d := range checked.After().Decls() {
			if checked.Uses(d.Component())[v.Name] {
				used = append(used, v.Name)
				break
			}
		}
	}
	return used
}

// replay brings the live declarations into a fresh session process.
func (s *Session) replay(checked *check.Cell, vars []string) error {
	if len(checked.After().Decls()) == 0 && len(vars) == 0 && !slices.ContainsFunc(checked.After().Blank(), check.Foreign) {
		return nil
	}
	c := &call{Session: s, label: "replay"}
	p, refused := s.engine.replay(context.Background(), c, checked, vars)
	if refused != nil {
		return fmt.Errorf("the declarations could not be re-played: %s", refused.Value)
	}
	reply, died := s.proc.call(context.Background(), p.run)
	switch {
	case died != nil:
		s.proc = s.start()
		return fmt.Errorf("re-playing the declarations ended it again: %s", died.reason)
	case reply.Err != nil:
		return fmt.Errorf("the declarations could not be re-played: %s", reply.Err.Text)
	}
	s.engine = p.next
	return nil
}

// reset forgets everything by a new session process.
func (s *Session) reset() {
	s.setScope(check.NewScope(s.packages))
	s.engine = s.engine.fresh()
	s.proc.kill()
	<-s.proc.gone
	s.proc, s.usage = s.start(), usage{}
}

// ask sends a request that is not a cell's; a process that died meanwhile is
// replaced, and the error says so.
func (c *call) ask(ctx context.Context, body any) (pipe.Reply, error) {
	reply, died := c.proc.call(ctx, body)
	if died != nil {
		return reply, c.revive(died)
	}
	if reply.Err != nil {
		return reply, c.fault(reply.Err)
	}
	return reply, nil
}
