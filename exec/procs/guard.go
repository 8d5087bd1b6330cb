package procs

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	osexec "os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Guard ends what its process would leave behind, however that process ends, also when the leaders of its families are
// killed in the same moment: it is a small process of its own that waits for the end of a pipe. Make it with [NewGuard]
// and close it; a nil Guard does nothing. It is safe for concurrent use.
//
// What it is told before a family starts anything is enough: the pipe keeps that while the guard is still starting.
type Guard struct {
	role string
	log  *slog.Logger

	mu      sync.Mutex
	charges map[charge]bool
	to      *os.File // nil while there is no process
	process *os.Process
	gone    chan struct{} // closed when it has ended
	closed  bool
}

// charge is what is to be ended or removed.
type charge struct {
	Family int    `json:",omitempty"` // its leader
	Folder string `json:",omitempty"`
}

// word is what a guard is told: of a charge, or that it is none any more.
type word struct {
	charge
	Over bool `json:",omitempty"`
}

// wordLimit is how long a guard may not read. Its pipe holds a thousand words.
const wordLimit = time.Second

// NewGuard returns a guard whose process, started with its first charge, is this program with the argument role; that
// calls [StandGuard]. Where that cannot be started, the log says so and all else goes on.
func NewGuard(role string, log *slog.Logger) *Guard {
	return &Guard{role: role, log: log, charges: map[charge]bool{}}
}

// Family has the family of a leader ended that lives when this process ends. Call over when it has ended.
func (g *Guard) Family(leader int) (over func()) { return g.charge(charge{Family: leader}) }

// Folder has a folder removed that is there when this process ends. Call over when it has been removed.
func (g *Guard) Folder(dir string) (over func()) { return g.charge(charge{Folder: dir}) }

func (g *Guard) charge(c charge) (over func()) {
	if g == nil {
		return func() {}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.charges[c] = true
	g.tell(word{charge: c})
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.charges, c)
		g.tell(word{c, true})
	}
}

// tell tells the process, or another one all that there is, if the process has ended. g.mu is held.
func (g *Guard) tell(w word) {
	if g.closed || g.to != nil && g.write(w) == nil {
		return
	}
	if g.to != nil {
		g.end() // it may only be stopped, and must not think us gone
	}
	if len(g.charges) == 0 {
		return
	}
	err := g.start()
	for c := range g.charges {
		if err == nil {
			err = g.write(word{charge: c})
		}
	}
	if err != nil {
		g.log.Warn("there is no guard: if this process and those that it has started are killed at once, something may be left", "err", err)
	}
}

func (g *Guard) write(w word) error {
	_ = g.to.SetWriteDeadline(time.Now().Add(wordLimit)) // pipes have deadlines
	return json.NewEncoder(g.to).Encode(w)
}

func (g *Guard) start() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := osexec.Command(thisProgram(), g.role)
	cmd.Args[0] = "guard" // whoever kills all processes of the program's name wants those ended that the guard ends
	cmd.Stdin = r
	cmd.Dir = os.TempDir() // it keeps no other folder from being removed
	LeadFamily(cmd)        // what is sent to this group is not for it
	if err := cmd.Start(); err != nil {
		_ = w.Close() // nothing is lost in a pipe's end
		return err
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait() // there is nothing to be done about it until something else is to be told
		close(gone)
	}()
	g.to, g.process, g.gone = w, cmd.Process, gone
	return nil
}

// end ends the process with nothing done. g.mu is held.
func (g *Guard) end() {
	_ = g.process.Kill() // the only error is that it has ended
	<-g.gone
	_ = g.to.Close() // nothing is lost in a pipe's end
	g.to = nil
}

// Close ends the guard. What it is still charged with stays. It may be called more than once.
func (g *Guard) Close() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed = true; g.to != nil {
		g.end()
	}
}

// StandGuard is the process of a guard: it reads what it is told until the end of r, then ends the families that are left
// and removes the folders. The error names what it could not remove.
func StandGuard(r io.Reader) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // it ends with its process, or after it
	charges := map[charge]bool{}
	in := json.NewDecoder(r)
	for {
		var w word
		if in.Decode(&w) != nil { // half a word is of a process that was killed in it
			break
		}
		if w.Over {
			delete(charges, w.charge)
		} else {
			charges[w.charge] = true
		}
	}
	for c := range charges {
		if c.Family > 1 {
			killLeader(c.Family)
		}
	}
	var errs []error
	for c := range charges {
		if c.Folder != "" {
			errs = append(errs, removeAll(c.Folder))
		}
	}
	return errors.Join(errs...)
}

// removeLimit is for how long a process that has been killed may still make files.
const removeLimit = time.Second

// removeAll removes a folder in which a process that has been killed may be at its last system call.
func removeAll(dir string) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if err := os.RemoveAll(dir); err == nil || time.Since(began) > removeLimit {
			return err
		}
	}
}
