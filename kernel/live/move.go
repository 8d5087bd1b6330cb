package live

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/exec/procs"
	"lockstep/kernel/check"
	"lockstep/kernel/pipe"
)

// saved are the values of variables on their way to another process.
type saved struct {
	folder *procs.Folder // of the file; discard removes it
	file   string        // with the values
	names  []string      // of the variables that are in it
	why    []string      // of each other variable, why it cannot be sent
	busy   int           // cells whose goroutines still run, and would end
}

// save has the process write down the values of all variables that can be sent, bounded where the memory limit
// may not do for it. It changes nothing; the caller has to discard what it returns.
func (s *Session) save(bounded bool) saved {
	vars := s.current().Vars()
	folder, err := procs.NewFolder("values", s.guard)
	if err != nil {
		return saved{why: []string{"all values: " + err.Error()}}
	}
	out := saved{folder: folder, file: filepath.Join(folder.Path, "values")}
	req := pipe.Save{File: out.file, Bounded: bounded}
	for _, v := range vars {
		req.Vars = append(req.Vars, pipe.Capture{Name: v.Name, Internal: s.engine.variable(v.Name)})
	}
	reply, died := s.proc.call(context.Background(), req)
	switch {
	case died != nil:
		out.why = []string{"all values: " + died.reason}
		return out
	case reply.Err != nil:
		out.why, out.busy = []string{"all values: " + reply.Err.Text}, reply.Code
		return out
	}
	if reply.Text != "" {
		s.setDirectory(reply.Text) // a cell may have changed it
	}
	out.why, out.busy = reply.Texts, reply.Code
	for _, v := range vars {
		if !slices.ContainsFunc(reply.Texts, func(text string) bool { return strings.HasPrefix(text, v.Name+": ") }) {
			out.names = append(out.names, v.Name)
		}
	}
	return out
}

// discard removes what save has written.
func (v saved) discard() {
	if v.folder != nil {
		_ = v.folder.Remove()
	}
}

// move goes over to a fresh process of an engine, with all declarations and the values
// of the variables that were saved. It returns the variables that have lost theirs.
func (s *Session) move(next engine, values saved) (lost []string, err error) {
	all := s.current().Vars()
	s.engine = next
	if _, _, err = s.restart(values.names...); err != nil {
		return names(all), err
	}
	if s.restore(values) != nil {
		return names(all), nil
	}
	for _, n := range names(all) {
		if !slices.Contains(values.names, n) {
			lost = append(lost, n)
		}
	}
	return lost, nil
}

// restore gives the variables of a process their values.
func (s *Session) restore(values saved) error {
	if len(values.names) == 0 {
		return nil
	}
	req := pipe.Restore{File: values.file, Names: map[string]string{}}
	for _, n := range values.names {
		req.Names[n] = s.engine.variable(n)
	}
	reply, died := s.proc.call(context.Background(), req)
	switch {
	case died != nil:
		return s.revive(died)
	case reply.Err != nil:
		return errors.New(reply.Err.Text)
	}
	return nil
}

func names(vars []*check.Var) []string {
	var out []string
	for _, v := range vars {
		out = append(out, v.Name)
	}
	return out
}

// moved moves the session and tells the cell what it cost.
func (c *call) moved(next engine) error {
	values := c.save(false)
	defer values.discard()
	lost, err := c.move(next, values)
	if err != nil {
		return userError("error", "the session is empty now: "+err.Error())
	}
	if len(lost) > 0 {
		text := "note: the session has another process now; variables that have lost their values: " + strings.Join(lost, ", ") + "\n"
		for _, why := range values.why {
			text += "      " + why + "\n"
		}
		c.out.Stream("stderr", text)
	}
	return nil
}
