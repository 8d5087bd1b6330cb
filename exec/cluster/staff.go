package cluster

import (
	"cmp"
	"os"
	"slices"

	"lockstep/exec/procs"
)

// staff is the worker processes of a program, or of a run whose tasks name their own. A process has no other, as those of package procs that make a
// run have none: what a program leaves behind in a process must not meet another.
type staff struct {
	name     string // hash of the program
	children *procs.Children
	program  *procs.Program
}

// maxStaffs is for how many programs processes are kept at rest.
const maxStaffs = 4

// staff is that of a program, which it may have from a run before.
func (n *node) staff(o order, program []byte) (*staff, error) {
	name := cmp.Or(o.Program.Name, "run "+o.Run)
	n.mu.Lock()
	i := slices.IndexFunc(n.staffs, func(s *staff) bool { return s.name == name })
	if i >= 0 {
		s := n.staffs[i]
		n.staffs = append(slices.Delete(n.staffs, i, i+1), s)
		n.mu.Unlock()
		return s, nil
	}
	n.mu.Unlock()
	command := n.o.Command
	if o.Host != "" {
		command = n.o.Host
	}
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(slices.Clone(command.Env), procs.FilesVariable+"="+n.o.Dir)
	children, err := procs.NewChildren(procs.Options{Command: command, Line: true}, n.o.Slots)
	if err != nil {
		return nil, err
	}
	s := &staff{name, children, children.NewProgram(program)}
	n.dismiss(maxStaffs - 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.staffs = append(n.staffs, s)
	return s, nil
}

// dismiss ends the processes at rest of all programs but the last few. Those at work end when they come to rest.
func (n *node) dismiss(keep int) {
	n.mu.Lock()
	drop := max(0, len(n.staffs)-keep)
	old := slices.Clone(n.staffs[:drop])
	n.staffs = slices.Delete(n.staffs, 0, drop)
	n.mu.Unlock()
	for _, s := range old {
		_ = s.children.Close() // never fails
	}
}

// disband ends the processes of a staff that nobody will want any more: those at rest at once, the others when they come to rest.
func (n *node) disband(s *staff) {
	n.mu.Lock()
	n.staffs = slices.DeleteFunc(n.staffs, func(other *staff) bool { return other == s })
	n.mu.Unlock()
	_ = s.children.Close() // never fails
}
