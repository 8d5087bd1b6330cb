package lab

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"lockstep/exec/shm"
)

// Host is where the program runs: the session sets one before the first cell.
// Its methods are called from any goroutine, concurrently.
type Host interface {
	// Caller says who calls. It is asked each time a lock is taken.
	Caller() Caller
	// Block calls f, which waits, and lets other workers run meanwhile: it
	// gives the emulated interpreter lock up around f. If the calling goroutine
	// has been stopped, Block may end it after f.
	Block(f func())
	// Outside is Block for a computation.
	Outside(f func())
	// Done is closed when the calling goroutine is to stop. nil: never.
	Done() <-chan struct{}
	// Stdio returns what the calling cell's commands read and write unless told
	// otherwise. A nil file is an empty input.
	Stdio() (in *os.File, out, err io.Writer)
}

// Undertaker is a [Host] that knows which goroutines have ended. A lock whose
// holder has ended is then released, with an [*AbandonedError] for those who wait.
type Undertaker interface {
	Ended(thread uint32) bool
}

// Sharer is a [Host] that has several processes. Objects can then be sent to worker
// processes, and are the same objects there.
type Sharer interface {
	// Region is the memory that the processes share.
	Region() (*shm.Region, error)
	// Marshal and Unmarshal carry a value, with its type, from one process to another: as what
	// stands in head and then in body. The body may be memory of the value, and the value memory of data.
	Marshal(v any) (head, body []byte, err error)
	Unmarshal(data []byte) (any, error)
}

// Caller identifies a goroutine.
type Caller struct {
	// Thread is different for each goroutine of the process, and less than a quarter of what the type
	// holds. 0: not known, and found out in a slower way.
	Thread uint32
	// Worker is the number of the worker that the goroutine belongs to; -1: none.
	Worker int
}

// TheCell is the Thread of all cells' own goroutines: to locks they are one, and
// what a cell locks the next may unlock.
const TheCell uint32 = 1<<32 - 1

// Goroutines that the host does not know, as of a library, have numbers of their own among the threads of a process: those of the runtime,
// of which the host cannot tell whether they have ended.
const firstUnknown = firstVisitor / 2

func isUnknown(thread uint32) bool { return firstUnknown <= thread && thread < firstVisitor }

// id is a caller: the number of the process where objects are shared, else 0; its worker's number and 1; its
// thread. 0 is nobody.
type id uint64

func (i id) process() uint32 { return uint32(i >> 48) }
func (i id) worker() int     { return int(i>>32&0xffff) - 1 }
func (i id) thread() uint32  { return uint32(i) }

// world is a host with what the objects of a process have in common. Who acts for a goroutine of another process
// has a world with a host of its own, and the same in common; see [Loan].
type world struct {
	host  Host
	ended func(thread uint32) bool // nil: not known
	*common
}

// common is the wait-for graph, and what joins the process to others.
type common struct {
	mu    sync.Mutex
	waits map[id]wish // only waits without a time limit

	process   atomic.Uint32 // the number of this process; 0 as long as nothing is shared
	sharing   sync.Mutex
	ownSpace  *space
	spaceFail error

	lends    atomic.Bool // objects have been lent to other processes
	visitors visitors    // goroutines of processes that objects are lent to
	debts    debts       // what this process holds of objects that were lent to it
}

// wish is a goroutine that waits for a lock.
type wish struct {
	who  id
	lock *owned
}

func newWorld(h Host) *world {
	w := &world{host: h, common: &common{waits: map[id]wish{}}}
	if u, ok := h.(Undertaker); ok {
		w.ended = func(thread uint32) bool { return !isUnknown(thread) && u.Ended(thread) }
	}
	return w
}

// The objects of cells have zero values that work, so that none of them can
// carry the host.
var (
	current  atomic.Pointer[world]
	hostless = newWorld(plain{})
)

// SetHost says where the program runs. It is called once, before the first
// cell. nil stands for a plain Go program.
func SetHost(h Host) {
	if h == nil {
		current.Store(nil)
		return
	}
	current.Store(newWorld(h))
}

func here() *world {
	if w := current.Load(); w != nil {
		return w
	}
	return hostless
}

// caller is who calls, among those of this process.
func (w *world) caller() id {
	c := w.host.Caller()
	if c.Thread == 0 {
		c.Thread = firstUnknown | uint32(currentGoroutine())&(firstUnknown-1)
	}
	return id(uint16(c.Worker+1))<<32 | id(c.Thread)
}

// name is a caller as error texts call it.
func (w *world) name(i id) string {
	text := "a goroutine"
	switch {
	case i.visits():
		return w.visitors.name(i)
	case i.worker() >= 0:
		text = "worker " + strconv.Itoa(i.worker())
	case i.thread() == TheCell:
		text = "the cell"
	case w == hostless:
		text = "goroutine " + strconv.FormatUint(uint64(i.thread()&^firstUnknown), 10)
	}
	if p := i.process(); p != 0 && p != w.process.Load() && w.ownSpace != nil {
		if pid := w.ownSpace.pid(p); pid != 0 && i.worker() >= 0 {
			text += " (process " + strconv.Itoa(int(pid)) + ")"
		}
	}
	return text
}

// plain is the host of a Go program that is no session.
type plain struct{}

func (plain) Caller() Caller        { return Caller{Worker: -1} }
func (plain) Block(f func())        { f() }
func (plain) Outside(f func())      { f() }
func (plain) Done() <-chan struct{} { return nil }
func (plain) Stdio() (*os.File, io.Writer, io.Writer) {
	return os.Stdin, os.Stdout, os.Stderr
}

// currentGoroutine reads the runtime's number of the goroutine from a stack trace, the only documented
// place that shows it; that takes about a microsecond, so a host should know better.
func currentGoroutine() uint64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	digits, _, _ := bytes.Cut(line, []byte(" "))
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("lab: a stack trace without a goroutine number: %q", buf))
	}
	return n
}

// Outside calls f, a computation that touches nothing that other workers touch,
// with the emulated interpreter lock released, as C extensions of Python do
// around long computations.
func Outside(f func()) { here().host.Outside(f) }

// CPUCount returns the number of processor cores that the program may use.
func CPUCount() int { return runtime.NumCPU() }
