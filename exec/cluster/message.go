package cluster

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nkeys"

	"lockstep/exec/measure"
	"lockstep/exec/procs"
)

// blob is content in the object store.
type blob struct {
	Name string // the hash of what it is
	Size int64
}

// order has a node make seats ready for a run. It can be carried out once, by that node, until it expires: see guard.
type order struct {
	Run     string
	Node    string
	Nonce   string
	Issued  time.Time
	Expires time.Time
	Version Version
	Workers int   // of the run
	Seats   []int // numbers of those that the node has
	Program blob  // none if its name is "": tasks name their own
	Values  blob  // none if its name is ""
	Files   []blob
	Host    string // hash of the program that can load the files; "" if any can
	Primed  bool   // a process is ready after a call
	Prime   []byte // with these arguments
	Asks    bool   // its calls may ask who has the run

	Lease    time.Duration
	Attempts int
	Batch    int  // most tasks that a seat takes at a time
	Live     bool // output is wanted while tasks run
	// Withdrawn are tasks that are not to be done any more.
	Withdrawn []span
}

// readied answers an order.
type readied struct {
	Node    string
	Error   string
	Started int           // processes that were not there already
	Took    time.Duration // until the last was ready
	Fetched int64         // bytes, from the object store
	Now     time.Time     // when it answers, by its clock
	Ready   []readySeat
}

// readySeat tells when a node made a seat ready, by its clock.
type readySeat struct {
	Number   int
	From, To time.Time
}

// hello is what a node says of itself.
type hello struct {
	Node     string
	Version  Version
	Host     string // hash of its program for compiled units; "" if it has none
	PID      int
	Slots    int
	Used     int // slots
	InFlight int // tasks
	Done     int64
	Tags     []string
	Runs     []string
}

// pulse says which runs are alive.
type pulse struct{ Runs []string }

// ending tells a node that a run is over.
type ending struct {
	Run  string
	Kill bool // what is still done is of no use
}

// encode writes a message that is rare.
func encode(v any) []byte {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		panic(err) // our own types can be encoded
	}
	return b.Bytes()
}

func decode(data []byte, v any) error { return gob.NewDecoder(bytes.NewReader(data)).Decode(v) }

// Signatures are over the whole message, which follows them.
const signatureBytes = 64

// sign puts a signature before data; without a key it is empty.
func sign(key nkeys.KeyPair, data []byte) ([]byte, error) {
	signature := make([]byte, signatureBytes)
	if key != nil {
		var err error
		if signature, err = key.Sign(data); err != nil {
			return nil, fmt.Errorf("signing: %w", err)
		}
	}
	return append(signature, data...), nil
}

// verify returns what was signed. Without a key to trust, everything is taken.
func verify(trusted nkeys.KeyPair, data []byte) ([]byte, error) {
	if len(data) < signatureBytes {
		return nil, fmt.Errorf("a message of %d bytes has no signature", len(data))
	}
	signature, data := data[:signatureBytes], data[signatureBytes:]
	if trusted != nil {
		if err := trusted.Verify(data, signature); err != nil {
			return nil, fmt.Errorf("the program is not signed with the key that this node trusts: use that with %%cluster connect … --sign (%w)", err)
		}
	}
	return data, nil
}

// task is one call to be made.
type task struct {
	Index  int
	Worker int // who is to make it; -1: whoever takes it
	Data   []byte
	Ref    blob // of the data, if it is large
	Note   blob // what it is a call of, a note that is signed; none: of the run's program
}

// Tasks and results are many, so they have a form of their own: numbers, and texts with their
// lengths before them.
func (t *task) encode() []byte {
	b := make([]byte, 0, len(t.Data)+16)
	b = binary.AppendVarint(b, int64(t.Index))
	b = binary.AppendVarint(b, int64(t.Worker))
	b = t.Ref.append(b)
	b = t.Note.append(b)
	return append(b, t.Data...)
}

func decodeTask(data []byte) (task, error) {
	r := reader{data: data}
	t := task{Index: int(r.int()), Worker: int(r.int()), Ref: r.blob(), Note: r.blob()}
	t.Data = r.data
	return t, r.err("task")
}

// Result is what a task came to.
type Result struct {
	Index   int
	Node    string
	Seat    int // the number of the worker that had it
	PID     int
	Attempt int           // from 1
	Start   time.Time     // by the node's clock
	Elapsed time.Duration // of the call
	Queued  time.Duration // from its arrival in the queue to Start
	Value   []byte
	Failure measure.FailureKind
	Error   string
	Stack   string
	Output  []Text // what it wrote, in order
	GivenUp bool   // its worker or node was lost as often as may be
	// Used is what the seat's processes have used since its result before, tasks that were lost among it.
	Used procs.Used

	ref     blob        // of the value, if it is large
	bytes   int         // of the message
	used    *procs.Used // by the seat in the run until now; nil: not told
	fetched int64       // bytes of its arguments, from the object store
	// chunk, if not 0, says that this is no result but a part of the attempt's output, which came before it: they
	// are numbered from 1.
	chunk int
}

// Text is what a task wrote to a stream: "stdout" or "stderr".
type Text struct{ Stream, Text string }

func (r *Result) encode() []byte {
	b := make([]byte, 0, len(r.Value)+128)
	given := int64(0)
	if r.GivenUp {
		given = 1
	}
	for _, n := range []int64{int64(r.Index), int64(r.Seat), int64(r.PID), int64(r.Attempt), r.Start.UnixNano(), int64(r.Elapsed), int64(r.Queued)} {
		b = binary.AppendVarint(b, n)
	}
	for _, s := range []string{r.Node, string(r.Failure), r.Error, r.Stack} {
		b = appendText(b, s)
	}
	b = binary.AppendVarint(b, int64(len(r.Output)))
	for _, t := range r.Output {
		b = appendText(appendText(b, t.Stream), t.Text)
	}
	b = binary.AppendVarint(b, given)
	b = binary.AppendVarint(binary.AppendVarint(b, int64(r.chunk)), r.fetched)
	if u := r.used; u != nil {
		for _, n := range []int64{1, int64(u.User), int64(u.System), int64(u.GC), int64(u.Ready), u.PeakBytes} {
			b = binary.AppendVarint(b, n)
		}
	} else {
		b = binary.AppendVarint(b, 0)
	}
	b = r.ref.append(b)
	return append(b, r.Value...)
}

func decodeResult(data []byte) (*Result, error) {
	in := reader{data: data}
	r := &Result{Index: int(in.int()), Seat: int(in.int()), PID: int(in.int()), Attempt: int(in.int()),
		Start: time.Unix(0, in.int()), Elapsed: time.Duration(in.int()), Queued: time.Duration(in.int()), bytes: len(data)}
	r.Node, r.Failure, r.Error, r.Stack = in.text(), measure.FailureKind(in.text()), in.text(), in.text()
	for n := in.int(); n > 0 && !in.bad; n-- {
		r.Output = append(r.Output, Text{in.text(), in.text()})
	}
	r.GivenUp = in.int() == 1
	r.chunk, r.fetched = int(in.int()), in.int()
	if in.int() == 1 {
		r.used = &procs.Used{User: time.Duration(in.int()), System: time.Duration(in.int()), GC: time.Duration(in.int()), Ready: time.Duration(in.int()), PeakBytes: in.int()}
	}
	r.ref = in.blob()
	r.Value = in.data
	return r, in.err("result")
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}

func (x blob) append(b []byte) []byte {
	return binary.AppendVarint(appendText(b, x.Name), x.Size)
}

// reader takes a message apart. After what cannot be read it returns zeros.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.data)
	if size <= 0 {
		r.bad, r.data = true, nil
		return 0
	}
	r.data = r.data[size:]
	return n
}

func (r *reader) text() string {
	n := r.int()
	if n < 0 || n > math.MaxInt32 || int(n) > len(r.data) {
		r.bad, r.data = true, nil
		return ""
	}
	s := string(r.data[:n])
	r.data = r.data[n:]
	return s
}

func (r *reader) blob() blob { return blob{r.text(), r.int()} }

func (r *reader) err(what string) error {
	if r.bad {
		return fmt.Errorf("a message that is no %s", what)
	}
	return nil
}
