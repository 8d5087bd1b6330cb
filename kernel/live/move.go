package live

import (
	"context"
	"slices"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/pipe"
)

// saved are the values of variables on their way to another process.
type saved struct {
	data  []byte
	names []string // of the variables that are in it
	why   []string // of each other variable, why it cannot be sent
	busy  int      // cells whose goroutines still run, and would end
}

// save has the process write down the values of all variables that can be sent.
// It changes nothing.
func (s *Session) save() saved {
	vars := s.current().Vars()
	req := pipe.Save{}
	for _, v := range vars {
		req.Vars = append(req.Vars, pipe.Capture{Name: v.Name, Internal: s.engine.variable(v.Name)})
	}
	reply, died := s.proc.call(context.Background(), req)
	if died != nil || reply.Err != nil {
		return saved{}
	}
	out := saved{data: reply.Data, why: reply.Texts, busy: reply.Code}
	for _, v := range vars {
		if !slices.ContainsFunc(reply.Texts, func(text string) bool { return strings.HasPrefix(text, v.Name+": ") }) {
			out.names = append(out.names, v.Name)
		}
	}
	return out
}

// move goes over to a fresh process of an engine, with all declarations and the values
// of the variables that were saved. It returns the variables that have lost theirs.
func (s *Session) move(next engine, values saved) (lost []string, err error) {
	all := s.current().Vars()
	s.engine = next
	if _, _, err = s.restart(values.names...); err != nil {
		return names(all), err
	}
	restore := pipe.Restore{Data: values.data, Names: map[string]string{}}
	for _, n := range values.names {
		restore.Names[n] = s.engine.variable(n)
	}
	if len(values.names) > 0 {
		reply, died := s.proc.call(context.Background(), restore)
		if died != nil {
			s.revive(died)
		}
		if died != nil || reply.Err != nil {
			return names(all), nil
		}
	}
	for _, n := range names(all) {
		if !slices.Contains(values.names, n) {
			lost = append(lost, n)
		}
	}
	return lost, nil
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
	values := c.save()
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
