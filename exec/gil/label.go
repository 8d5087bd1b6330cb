package gil

import (
	"strings"
	"unsafe"
)

// A goroutine's profiler labels are inherited by the goroutines it starts,
// also those that library code starts for it, and can be read in a nanosecond:
// the only way to know to what a goroutine belongs without passing it along.
// The reader is a linkname that the runtime tolerates by name
// (go.dev/issue/67401); the layout below is checked against runtime/pprof by a
// test.

//go:linkname runtimeProfLabel runtime/pprof.runtime_getProfLabel
func runtimeProfLabel() unsafe.Pointer

//go:linkname runtimeSetProfLabel runtime/pprof.runtime_setProfLabel
func runtimeSetProfLabel(labels unsafe.Pointer)

// label and labels have the layout of the runtime's own (sorted by key).
type label struct{ key, value string }

type labels struct{ list []label }

// WorkerLabel is the key of the label that threads have, and the goroutines that library code starts for them.
const WorkerLabel = "lockstep.worker"

// workerKey is the key of the label that leads to a [Thread]. A label is ours
// only if it holds this very string, not one that is equal to it. It is a variable, since each
// plugin of the native engine has a copy of this package's code and constants, and they all share its variables.
var workerKey = strings.Clone(WorkerLabel)

// Label returns the value of the current goroutine's profiler label with a
// key. Threads keep the labels of the goroutine that started them and add one
// of their own.
func Label(key string) (value string, ok bool) {
	set := (*labels)(runtimeProfLabel())
	if set == nil {
		return "", false
	}
	for i := range set.list {
		if set.list[i].key == key {
			return set.list[i].value, true
		}
	}
	return "", false
}

// labelled returns the thread that the current goroutine's labels lead to: its
// own, or the one of the goroutine that it descends from.
func labelled() *Thread {
	set := (*labels)(runtimeProfLabel())
	if set == nil {
		return nil
	}
	for i := range set.list {
		if unsafe.StringData(set.list[i].key) == unsafe.StringData(workerKey) {
			return (*Thread)(unsafe.Pointer(unsafe.StringData(set.list[i].value)))
		}
	}
	return nil
}

// setLabel makes t what [labelled] finds in the current goroutine, beside the
// labels that it has, and returns what to give to runtimeSetProfLabel to undo
// it. The label's value points into t: the labels keep the thread alive.
func (t *Thread) setLabel() (previous unsafe.Pointer) {
	previous = runtimeProfLabel()
	own := label{workerKey, unsafe.String(&t.name[0], t.nameLen)}
	set := &labels{}
	placed := false
	if old := (*labels)(previous); old != nil {
		set.list = make([]label, 0, len(old.list)+1)
		for _, l := range old.list {
			if l.key == workerKey {
				continue
			}
			if !placed && l.key > workerKey {
				set.list = append(set.list, own)
				placed = true
			}
			set.list = append(set.list, l)
		}
	}
	if !placed {
		set.list = append(set.list, own)
	}
	runtimeSetProfLabel(unsafe.Pointer(set))
	return previous
}
