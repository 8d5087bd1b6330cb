package session

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"lockstep/exec/gil"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite/mark"
)

const (
	// stuckAfter is how long nothing of a cell may go on before the cell is told.
	stuckAfter = 2 * time.Second
	// stuckLook is how often it is looked: a goroutine that has just been woken looks as if it waited.
	stuckLook = 500 * time.Millisecond
	// stuckWork is the processor time of the process between two looks that is nobody's work.
	stuckWork = 50 * time.Millisecond
	// stuckShare is how many times as long as a look takes it is waited at least until the next.
	stuckShare = 50
)

// watchWaits tells the kernel, once, when the goroutines of a cell wait for each other and nothing else can wake
// them, until done is closed. Go's own deadlock detector never finds that here, since the session process has goroutines
// of its own that go on.
func (s *Session) watchWaits(done <-chan struct{}, cell string) {
	var before []pipe.Place
	var since time.Time
	worked := busy()
	for pause := stuckLook; ; {
		timer := time.NewTimer(pause)
		select {
		case <-done:
			timer.Stop()
			return
		case <-timer.C:
		}
		idle := busy()-worked < stuckWork
		var places []pipe.Place
		stuck, began := false, time.Now()
		if idle {
			places, stuck = s.stuck(cell)
		}
		worked, pause = busy(), max(stuckLook, stuckShare*time.Since(began))
		switch {
		case !stuck:
			since = time.Time{}
		case since.IsZero() || !slices.Equal(places, before):
			before, since = places, began
		case began.Sub(since) >= stuckAfter-stuckLook:
			_ = s.conn.Send(pipe.Stuck{Cell: cell, Places: places})
			return
		}
	}
}

func busy() time.Duration {
	user, system := processTimes()
	return user + system
}

// stuck reports whether all goroutines of a cell, and of earlier cells, wait for something that only a goroutine
// of a cell can do, and where those of the cell wait, as far as that is known.
func (s *Session) stuck(cell string) (places []pipe.Place, stuck bool) {
	s.mu.Lock()
	for g, r := range s.runs {
		if !r.unit.Secluded && g.Threads() > 0 {
			s.mu.Unlock()
			return nil, false
		}
	}
	s.mu.Unlock()
	count := map[pipe.Place]int{}
	interpreted := false
	for _, g := range goroutinesOfCells() {
		if !strings.Contains(g.text, gil.WorkerLabel) {
			continue // only begun for a cell
		}
		frame, waits := waitingFor(g.stack())
		if !waits {
			return nil, false
		}
		if g.cell != cell {
			continue
		}
		stuck = true
		if c, line, ok := placeOf(frame); ok {
			count[pipe.Place{Cell: c, Line: line}] += g.n
		} else {
			interpreted = true
		}
	}
	if interpreted {
		for _, m := range gil.BlockedMarks() {
			if c, line := mark.Line(m); c != "" {
				count[pipe.Place{Cell: c, Line: line}]++
			}
		}
	}
	places = slices.Collect(maps.Keys(count))
	for i := range places {
		places[i].Count = count[places[i]]
	}
	slices.SortFunc(places, func(a, b pipe.Place) int {
		return cmp.Or(strings.Compare(a.Cell, b.Cell), a.Line-b.Line)
	})
	return places, stuck
}

// parks are the functions of Go's runtime in which a goroutine waits for another one.
var parks = map[string]bool{"runtime.chanrecv": true, "runtime.chansend": true, "runtime.selectgo": true, "runtime.block": true,
	"runtime.semacquire1": true, "sync.runtime_notifyListWait": true}

// onTheWay are functions, or the beginnings of their names, that are between such a wait and the code that wants it.
var onTheWay = []string{"runtime.", "internal/runtime/", "sync.", "internal/sync.", "reflect.", "golang.org/x/sync/",
	"lockstep/exec/gil.Recv", "lockstep/exec/gil.Send", "lockstep/exec/gil.Select", "lockstep/exec/gil.Block",
	"lockstep/kernel/rt.Recv", "lockstep/kernel/rt.Send", "lockstep/kernel/rt.Lock", "lockstep/kernel/rt.Block",
	"lockstep/kernel/session.wait", "lockstep/kernel/session.receive", "lockstep/kernel/session.send", "lockstep/kernel/session.choose",
	"lockstep/kernel/session.forever", "lockstep/kernel/rt.Forever", "lockstep/lab.", "lockstep/kernel/session.labHost.Block"}

// labWait is what package lab waits in when only a goroutine of the process can end that; its other waits are for other processes, or have a limit.
const labWait = "lockstep/lab.wait.sleepAmongGoroutines"

// waitingFor reports whether a goroutine with a stack waits for another one, by code of a cell, and returns the frame of
// that code: a cell's, if it is compiled, else the interpreter's.
func waitingFor(stack []uintptr) (frame runtime.Frame, waits bool) {
	parked, inLab, among := false, false, false
	for frames, more := runtime.CallersFrames(stack), len(stack) > 0; more; {
		frame, more = frames.Next()
		if parks[frame.Function] {
			parked = true
		} else if !slices.ContainsFunc(onTheWay, func(begin string) bool { return strings.HasPrefix(frame.Function, begin) }) {
			break
		}
		inLab = inLab || strings.HasPrefix(frame.Function, "lockstep/lab.")
		among = among || frame.Function == labWait
	}
	_, _, ok := placeOf(frame)
	return frame, parked && inLab == among && (ok || strings.HasPrefix(frame.Function, "github.com/traefik/yaegi/interp."))
}
