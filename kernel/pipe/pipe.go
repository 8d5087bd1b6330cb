// Package pipe is the protocol between the kernel process and the session
// process: typed messages as gob streams over a pair of inherited descriptors
// that are not the standard ones. It knows neither Jupyter nor an engine.
//
// The kernel sends [Request]s; the session answers each with one [Reply] of
// the same ID, and sends [Output], [Show], [Ask], [Want], [Advance] and [Late] in between.
package pipe

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"time"

	"lockstep/exec"
	"lockstep/exec/measure"
	"lockstep/kernel/display"
)

// Version is compared by the two sides at the start.
const Version = "1"

// Fence is written by the session to its descriptors 1 and 2 before it replies: the
// kernel, which reads the other ends, has then seen all that came before it. It is
// no text that a program would print.
const Fence = "\x00\x16lockstep fence\x16\x00"

// Hello is the session's first message.
type Hello struct {
	Version string
	PID     int
	Dir     string
	Go      string
}

// Request asks for one thing: Body is one of the request types below.
type Request struct {
	ID   uint64
	Body any
}

// Plugin is a unit that the native engine has compiled.
type Plugin struct {
	Path, File string
	Cell       string // the cell that it is, "" where the process knows
	Age        int    // of several, the one with the larger age comes into force later
}

// Symbols are what a plain cell of the native engine uses of compiled code: its
// Source, which the interpreter runs, imports them from Path.
type Symbols struct {
	Path string
	// Slots are wanted as pointers, Funcs as the functions in force; both are names of slots.
	Slots, Funcs []string
	// Fields are wanted as functions, of the indexes on the way.
	Fields []Field
	// Literals are composite literals to be made by functions.
	Literals []Literal
	// Vars are variables to be made first.
	Vars []NewVar
}

// Field is the variable in a slot, a field of it, by its number, an element ([mark.Index], which is an argument of
// the function), and so on. Target says that what the pointer there points to is wanted, not the place's own address.
type Field struct {
	Slot   string
	Path   []int
	Target bool
}

// Literal is a composite literal: of a struct the fields that are given, else the number of its
// parts, which of a map are keys and values in turn. Pointer says that a pointer to it is wanted, Made
// that the parts are the length and the capacity of a slice, Element that of a slice and
// an index the element is wanted.
type Literal struct {
	Type                   TypeRef
	Fields                 []int
	Count                  int
	Pointer, Made, Element bool
}

// NewVar is a variable to be made, by the name of its slot.
type NewVar struct {
	Name string
	Type TypeRef
}

// TypeRef describes a type that the session process can make or find: of a named
// one package and name, else what it is made of.
type TypeRef struct {
	Kind      reflect.Kind
	Pkg, Name string // Pkg is a unit's path for types of the session
	Key, Elem *TypeRef
	Len       int
}

// Run compiles a unit and calls its entry.
type Run struct {
	Cell string // label of the cell: its output carries it
	Name string // of the cell in positions: "cell 3"
	// Plugins are compiled units, to be loaded and put in force in this order. The last is the one to
	// run; without any, Source is for the interpreter.
	Plugins  []Plugin
	Symbols  *Symbols // of a plain cell, else nil
	Source   string
	Imports  []string
	Vars     []Var
	Register string
	// Named are the names of types taken from the stock of package session/named.
	Named  map[string]string
	Entry  string
	Loops  int // how often the entry is called, and timed; 0 is once and not timed
	Values []display.TypeID
	Types  display.Types
	// Functions are what other processes may be given to call; they replace earlier ones of their names.
	Functions []Function
	// Function is, in the program of such a function, its name in the engine.
	Function string
	Input    bool // the client takes input requests
	Secluded bool // only goroutines of cells can wake one of its that waits; see [check.Cell.Secluded]
	Alone    bool // a whole program: in an engine of its own, of which nothing stays
}

// Var is a variable that a unit declares, by its name in the engine; From is the
// earlier one whose value it takes over.
type Var struct{ Internal, From string }

// Measure compiles a workload and runs it as planned.
type Measure struct {
	Run     // of the workload in the session; Entry is the workload
	Plan    exec.Plan
	Program *Program // for worker processes; nil where no mode needs them
	// Alone has the workload run in an engine of its own here too: Program has it, and captures what
	// it wants of the session by value.
	Alone  bool
	Engine string
}

// Program is a workload for a fresh engine in another process.
type Program struct {
	Run
	// Captured maps the program's variables to the session's.
	Captured []Capture
}

// Function is a function of the session, with the program that a fresh process needs to call it.
type Function struct {
	Name string
	Program
}

// Capture is a session variable that a program wants by value.
type Capture struct{ Name, Internal, Session string }

// Describe asks for short texts of variables.
type Describe struct {
	Names []string
	Types display.Types
	IDs   []display.TypeID
}

// Bind sets a variable of type lab.Result, or of type display.Captured where that is given.
type Bind struct {
	Internal string
	Result   measure.Result
	Captured *display.Captured
}

// Save has the values of variables written into a file that exists, to be given to another process. Name is
// the session's name, Internal the engine's. The pipe is no way for them: gob ends at a gigabyte and needs seconds for it.
type Save struct {
	Vars []Capture
	File string
	// Bounded refuses it where it may take more memory than the limit leaves.
	Bounded bool
}

// Restore gives variables the values that a Save has written; Names maps the
// session's names to the engine's.
type Restore struct {
	File  string
	Names map[string]string
}

// Forget drops variables from the registry, all of them when Names is nil.
type Forget struct{ Names []string }

// Chdir changes the working directory; "" only asks for it.
type Chdir struct{ Dir string }

// Environ changes the environment where Name is not "", and answers all of it.
type Environ struct {
	Name, Value string
	Unset       bool
}

// MemoryVariable is the environment variable that limits the memory of a session process and
// of the workers that it starts, each by itself, from their beginning: bytes. Without it there is no limit.
const MemoryVariable = "LOCKSTEP_MEMORY"

// Limit bounds the memory of the session process, and of each process that it starts from now on; 0 is no bound.
type Limit struct{ Bytes int64 }

// Shell runs a command.
type Shell struct {
	Cell  string
	Argv  []string
	Stdin string
}

// Interrupt stops a request, or has it stop as soon as it begins; after its end it does nothing. It has no reply of its own.
type Interrupt struct {
	ID uint64 // of the request
}

// Answer carries the user's input for an [Ask].
type Answer struct {
	ID   uint64
	Text string
	Err  string
}

// Reply answers a Request.
type Reply struct {
	ID      uint64
	Err     *Fault
	Bundle  *display.Bundle
	Nothing bool     // the cell has a last expression that shows nothing
	Made    []string // variables that came into being, by their names in the engine
	Texts   []string // Describe, Environ
	Sizes   []int64
	Text    string // Chdir
	Timing  Timing
	Result  measure.Result
	Code    int // Shell
	Signal  string
	Units   Units
	Live    int64 // memory that the collector found in use when it last looked, in bytes
}

// Units are the compiled units that the process has loaded, and the memory that loading them took.
type Units struct {
	Count int
	Bytes int64
}

// Timing is what a Run cost.
type Timing struct {
	Wall, User, System time.Duration
	Bytes, Objects     int64
}

// Fault is what went wrong in the session. Kind is "panic", "compile error", "exit", "interrupted", "error", …
type Fault struct {
	Kind, Text string
	Cell       string // "cell 3", "" when unknown
	Line       int
	Code       int     // of "exit"
	Callers    []Place // of compiled code: the places that it was called from, the nearest first
}

func (f *Fault) Error() string { return f.Kind + ": " + f.Text }

// Output is text that a cell printed.
type Output struct{ Cell, Name, Text string }

// Show is a display call of a cell.
type Show struct {
	Cell    string
	Message display.Message
}

// Ask wants a line from the user.
type Ask struct {
	ID     uint64
	Cell   string
	Prompt string
}

// Want asks the kernel for one thing that the session cannot do itself: Body is one of the types of
// cluster.go, pool.go and packed.go. The kernel answers each with one [Given] of the same ID.
type Want struct {
	ID   uint64
	Body any
}

// Given answers a [Want]: with what that type says, or an error.
type Given struct {
	ID   uint64
	Body any
	Err  string
}

// Part is a part of the answer to a [Want], which comes before its [Given].
type Part struct {
	ID   uint64
	Body any
}

// Advance tells how far a Measure has come.
type Advance struct {
	ID       uint64
	Progress exec.Progress
}

// Late is a fault in a goroutine of a cell that has ended.
type Late struct {
	Cell  string
	Fault Fault
}

// Stuck tells that all goroutines of a cell wait for each other, and where.
type Stuck struct {
	Cell   string
	Places []Place
}

// Place is a line of a cell, "cell 3", and how many goroutines are there.
type Place struct {
	Cell        string
	Line, Count int
}

func init() {
	for _, v := range []any{Run{}, Measure{}, Describe{}, Bind{}, Save{}, Restore{}, Forget{}, Chdir{}, Environ{}, Limit{}, Shell{}, Interrupt{}, Answer{},
		Request{}, Reply{}, Output{}, Show{}, Ask{}, Advance{}, Late{}, Stuck{}, Hello{}, Want{}, Given{},
		ClusterOpen{}, ClusterOpened{}, ClusterPrepare{}, ClusterReady{}, ClusterRun{}, ClusterDone{}, ClusterEnd{}, ClusterStop{},
		Folder{}, Part{}, PoolOpen{}, PoolOpened{}, PoolLoad{}, PoolLoaded{}, PoolCalls{}, PoolReplies{}, PoolEnd{},
		Borrow{}, BorrowStop{}, BorrowEnd{}, Lent{}, json.RawMessage{}, []any{}, map[string]any{}, renewal(false)} {
		gob.Register(v)
	}
}

// Conn is one end of the pipe. Send is safe for concurrent use; Receive is for
// one goroutine.
type Conn struct {
	r   *bufio.Reader
	dec *gob.Decoder

	mu  sync.Mutex
	w   counter
	enc *gob.Encoder
	// rest begins a new stream at both ends once no message has been sent for a while after a large one: a stream of package gob keeps, for
	// its life, buffers as large as the largest message. Before that the next message would take the same ones, out of gob's pool.
	rest  *time.Timer // nil until there was one
	large bool        // one was sent in this stream
}

// largeBytes is the size of a large message, and restDelay that while. To begin a stream costs as much as some tens of small messages.
const (
	largeBytes = 1 << 20
	restDelay  = 500 * time.Millisecond
)

// renewal is the last message of a stream.
type renewal bool

// counter counts what is written.
type counter struct {
	io.Writer
	bytes int
}

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return c.Writer.Write(p)
}

// NewConn returns the end that reads from r and writes to w. The caller closes them.
func NewConn(r io.Reader, w io.Writer) *Conn {
	c := &Conn{r: bufio.NewReader(r), w: counter{Writer: w}}
	c.enc, c.dec = gob.NewEncoder(&c.w), gob.NewDecoder(c.r) // a decoder reads no further than its message from what can be read by the byte
	return c
}

// Send writes one message. It blocks while the other side does not read.
func (c *Conn) Send(m any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.w.bytes = 0
	err := c.enc.Encode(&m)
	c.large = c.large || c.w.bytes >= largeBytes
	switch {
	case !c.large:
	case c.rest == nil:
		c.rest = time.AfterFunc(restDelay, c.renew)
	default:
		c.rest.Reset(restDelay)
	}
	return err
}

// renew begins a new stream.
func (c *Conn) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.large {
		return
	}
	var m any = renewal(true)
	_ = c.enc.Encode(&m) // if the other side is gone, the next message tells
	c.enc, c.large = gob.NewEncoder(&c.w), false
}

// Receive reads one message. io.EOF tells that the other side is gone.
func (c *Conn) Receive() (any, error) {
	for {
		var m any
		if err := c.dec.Decode(&m); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, io.EOF
			}
			return nil, fmt.Errorf("session pipe: %w", err)
		}
		if _, over := m.(renewal); !over {
			return m, nil
		}
		c.dec = gob.NewDecoder(c.r)
	}
}
