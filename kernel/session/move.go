package session

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"

	"lockstep/exec/procs/value"
	"lockstep/kernel/pipe"
	"lockstep/lab"
)

// save writes the values of variables down for another process, those that can be
// sent. Texts tells of the others why they cannot, each after its name; Code is how many
// cells have goroutines that still run, those that libraries have started for them included. Text is the working directory.
func (s *Session) save(b pipe.Save) (reply pipe.Reply) {
	reply.Code = s.busyCells()
	if limit := memoryLimit.Load(); b.Bounded && limit > 0 {
		runtime.GC()
		live := liveBytes()
		if need, room := saveCost*live, limit-live; need > room {
			reply.Err = &pipe.Fault{Kind: "error", Text: fmt.Sprintf("it may take %d MB to write them down, and the session has only %d MB left", need/1e6, room/1e6)}
			return reply
		}
	}
	var all []value.Variable
	for _, v := range b.Vars {
		if at, err := s.variable(v.Internal); err != nil {
			reply.Texts = append(reply.Texts, v.Name+": "+err.Error())
		} else {
			all = append(all, value.Variable{Name: v.Name, Value: at})
		}
	}
	// Together, so that what they share stays shared.
	data, err := value.Encode(all, processOnly)
	if err != nil {
		all = slices.DeleteFunc(all, func(v value.Variable) bool {
			_, err := value.Encode([]value.Variable{v}, processOnly)
			if err != nil {
				reply.Texts = append(reply.Texts, v.Name+": "+cannotBeSent(err))
			}
			return err != nil
		})
		data, err = value.Encode(all, processOnly)
	}
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	if err := os.WriteFile(b.File, data, 0o600); err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	reply.Text, _ = os.Getwd() // "" where it has been deleted
	return reply
}

// cannotBeSent tells in short why a value cannot.
func cannotBeSent(err error) string {
	if e, ok := errors.AsType[*value.Error](err); ok {
		return e.Path + " is of type " + e.Type
	}
	return err.Error()
}

// restore gives variables the values that save wrote.
func (s *Session) restore(b pipe.Restore) pipe.Reply {
	data, err := os.ReadFile(b.File)
	if err == nil {
		err = value.Decode(data, func(name string) (reflect.Value, error) { return s.variable(b.Names[name]) }, processOnly)
	}
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	data = nil
	runtime.GC() // so that the kernel hears what they take
	return pipe.Reply{}
}

// processOnly refuses what is shared with worker processes: it lives in memory that ends with this process.
var processOnly = func() value.Options {
	types := &value.Types{}
	for _, t := range []reflect.Type{reflect.TypeFor[lab.Lock](), reflect.TypeFor[lab.RLock](), reflect.TypeFor[lab.Condition](), reflect.TypeFor[lab.Semaphore](),
		reflect.TypeFor[lab.BoundedSemaphore](), reflect.TypeFor[lab.Event](), reflect.TypeFor[lab.Barrier](), reflect.TypeFor[lab.Queue](), reflect.TypeFor[lab.Conn](),
		reflect.TypeFor[lab.Value](), reflect.TypeFor[lab.Float](), reflect.TypeFor[lab.SharedMemory]()} {
		types.Opaque(t)
	}
	return value.Options{Types: types}
}()

// saveCost is how much memory it takes at most to write values down, for each byte of theirs: many small values
// behind pointers need most.
const saveCost = 3

// liveBytes is what the collector found in use when it last looked.
func liveBytes() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// busyCells is the number of cells of which goroutines still run.
func (s *Session) busyCells() int {
	cells := map[string]bool{}
	s.mu.Lock()
	for group, r := range s.runs {
		if group.Threads() > 0 {
			cells[r.cell] = true
		}
	}
	s.mu.Unlock()
	for _, g := range goroutinesOfCells() {
		// Worker processes at rest are nobody's loss.
		if !strings.Contains(g.text, "lockstep/exec/procs.") {
			cells[g.cell] = true
		}
	}
	return len(cells)
}
