package session

import (
	"errors"
	"reflect"

	"lockstep/exec/procs/value"
	"lockstep/kernel/pipe"
)

// save writes the values of variables down for another process, those that can be
// sent. Texts tells of the others why they cannot, each after its name; Code is how many
// cells have goroutines that still run.
func (s *Session) save(b pipe.Save) (reply pipe.Reply) {
	s.mu.Lock()
	for group := range s.runs {
		if group.Threads() > 0 {
			reply.Code++
		}
	}
	s.mu.Unlock()
	var all []value.Variable
	for _, v := range b.Vars {
		at, err := s.variable(v.Internal)
		if err == nil {
			_, err = value.Encode([]value.Variable{{Name: v.Name, Value: at}}, value.Options{})
		}
		if err != nil {
			var e *value.Error
			why := err.Error()
			if errors.As(err, &e) {
				why = e.Path + " is of type " + e.Type
			}
			reply.Texts = append(reply.Texts, v.Name+": "+why)
			continue
		}
		all = append(all, value.Variable{Name: v.Name, Value: at})
	}
	// Together, so that what they share stays shared.
	data, err := value.Encode(all, value.Options{})
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	reply.Data = data
	return reply
}

// restore gives variables the values that save wrote.
func (s *Session) restore(b pipe.Restore) pipe.Reply {
	err := value.Decode(b.Data, func(name string) (reflect.Value, error) { return s.variable(b.Names[name]) }, value.Options{})
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	return pipe.Reply{}
}
