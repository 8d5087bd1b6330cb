package procs

import (
	"bytes"
	"encoding/gob"
	"io"

	"lockstep/exec"
)

// Childless reports whether this process has no child, not even one that has ended.
func Childless() bool { return childless() }

// Pids returns the process ids of a crew.
func Pids(c exec.Crew) []int {
	var pids []int
	for _, p := range c.(*crew).processes {
		pids = append(pids, p.cmd.Process.Pid)
	}
	return pids
}

// Drive is a session that has a worker process load and start a program.
func Drive(orders io.Writer, reports io.Reader, program string) error {
	_, decoder := newStream(reports)
	var r report
	if err := decoder.Decode(&r); err != nil {
		return err
	}
	head := bytes.NewBuffer([]byte{orderLoad})
	if err := gob.NewEncoder(head).Encode(load{First: 1, Count: 1, Workers: 2, ProgramBytes: int64(len(program))}); err != nil {
		return err
	}
	head.WriteString(program)
	if _, err := orders.Write(head.Bytes()); err != nil {
		return err
	}
	if program == "load hangs" {
		return nil
	}
	if err := decoder.Decode(&r); err != nil {
		return err
	}
	_, err := orders.Write([]byte{orderStart})
	return err
}

// Process is the number of the guard's process.
func (g *Guard) Process() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.process.Pid
}
