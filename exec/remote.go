package exec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"

	"lockstep/exec/measure"
)

// RemoteCall is one execution of a workload that is asked for by a message, as package cluster does.
type RemoteCall struct{ Workers, Task int }

// Encode writes the call down. No call is of no bytes.
func (c RemoteCall) Encode() []byte {
	return binary.AppendVarint(binary.AppendVarint(nil, int64(c.Workers)), int64(c.Task))
}

// Remote makes of a workload what carries such calls out: it returns what [RemoteResults] reads. worker tells who is
// at it. A call of no bytes collects the heap: who prepares a run makes it.
func Remote(w Workload, show Show, worker func() int) func(call []byte) ([]byte, error) {
	return func(call []byte) ([]byte, error) {
		if len(call) == 0 {
			runtime.GC()
			return nil, nil
		}
		workers, n := binary.Varint(call)
		task, m := binary.Varint(call[max(n, 0):])
		if n <= 0 || m <= 0 {
			return nil, fmt.Errorf("a call of a workload that cannot be read: %q", call)
		}
		v, err := w.Run(Worker{Index: worker(), Workers: int(workers), Task: int(task)})
		if err != nil {
			return nil, err
		}
		number, ok := asNumber(v)
		b := []byte{0}
		if ok {
			b[0] = 1
		}
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(number))
		return append(b, show.result(v)...), nil
	}
}

// asNumber is the value of a number.
func asNumber(v any) (float64, bool) {
	switch r := reflect.ValueOf(v); {
	case r.IsValid() && r.CanInt():
		return float64(r.Int()), true
	case r.IsValid() && r.CanUint():
		return float64(r.Uint()), true
	case r.IsValid() && r.CanFloat():
		return r.Float(), true
	}
	return 0, false
}

// RemoteResults makes a worker's outcome of the results of its calls.
type RemoteResults struct{ sum tally }

var errNoResult = errors.New("a result of a workload that cannot be read")

// Add takes one result, and returns its text.
func (r *RemoteResults) Add(result []byte) (text string, err error) {
	if len(result) < 9 {
		return "", errNoResult
	}
	if r.sum.tasks == 0 {
		r.sum.number = true
	}
	r.sum.tasks++
	r.sum.number = r.sum.number && result[0] == 1
	r.sum.sum += math.Float64frombits(binary.LittleEndian.Uint64(result[1:]))
	return string(result[9:]), nil
}

// Put makes the outcome of a worker that has had tasks.
func (r *RemoteResults) Put(out *measure.Outcome) { r.sum.put(out) }
