package session

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"

	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
	"lockstep/exec/shm"
	"lockstep/kernel/pipe"
)

// processes prepares what worker processes are sent: the program, and the
// captured variables by value.
func (s *Session) processes(m pipe.Measure) (*procs.Processes, error) {
	if s.worker == nil {
		return nil, errors.New("this session cannot start worker processes")
	}
	cmd := s.worker()
	var program bytes.Buffer
	if err := gob.NewEncoder(&program).Encode(m.Program.Run); err != nil {
		return nil, err
	}
	region, err := s.region()
	if err != nil {
		return nil, err
	}
	vars, err := s.captured(m.Program.Captured)
	if err != nil {
		return nil, err
	}
	return procs.New(procs.Options{Region: region, Command: procs.Command{Path: cmd.Argv[0], Args: cmd.Argv[1:]}, Program: program.Bytes(), Variables: vars, Values: value.Options{Types: typesOf(&m.Program.Run)},
		Output: func(worker int, stream, text string) {
			s.out.write(m.Cell, stream, []byte(fmt.Sprintf("worker %d: %s", worker, text)))
		}})
}

// captured are the variables of the session that a program wants by value, by their names there.
func (s *Session) captured(all []pipe.Capture) (vars []value.Variable, err error) {
	for _, c := range all {
		v, err := s.variable(c.Session)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		vars = append(vars, value.Variable{Name: c.Internal, Value: v})
	}
	return vars, nil
}

// region is the memory that this session shares with its worker processes.
func (s *Session) region() (*shm.Region, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shared == nil && s.noShared == nil {
		s.shared, s.noShared = shm.New()
	}
	return s.shared, s.noShared
}
