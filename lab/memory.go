package lab

import (
	"strconv"
	"sync"
	"unsafe"

	"lockstep/exec/shm"
)

// SharedMemory is bytes that worker processes see without copying: what one
// writes the others read. Nothing keeps them from doing that at the same time;
// use a [Lock] where it matters. It is 0 at first.
type SharedMemory struct {
	name string
	size int

	mu     sync.Mutex
	mem    []byte
	at     shm.Offset // 0: in this process alone
	region *shm.Region
}

// NewSharedMemory returns n bytes of it. It panics with a [*MisuseError] if there
// are not that many, or n is negative.
func NewSharedMemory(n int, name ...string) *SharedMemory {
	m := &SharedMemory{name: named(name).name, size: n}
	if n < 0 {
		panic(&MisuseError{"NewSharedMemory", m.object(), "its size must be at least 0, got " + strconv.Itoa(n)})
	}
	s, err := here().space()
	if err == errNotShared {
		// Words, so that the views are aligned.
		words := make([]uint64, (n+7)/8)
		m.mem = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), n)
		return m
	}
	if err == nil {
		m.at, err = s.region.Alloc(max(n, 1))
	}
	if err != nil {
		panic(&MisuseError{"NewSharedMemory", m.object(), err.Error()})
	}
	m.region, m.mem = s.region, s.region.Bytes(m.at, n)
	return m
}

func (m *SharedMemory) object() string { return title{m.name}.of("shared memory") }

// Len is its size in bytes.
func (m *SharedMemory) Len() int { return m.size }

// Bytes is the memory itself. It panics with a [*ClosedError] after Close; views
// that were taken before must not be used any more then.
func (m *SharedMemory) Bytes() []byte { return m.view("Bytes") }

// Ints is the memory as whole numbers of 8 bytes, what is left over at the end
// not among them.
func (m *SharedMemory) Ints() []int64 { return viewOf[int64](m.view("Ints")) }

// Floats is the memory as numbers of type float64.
func (m *SharedMemory) Floats() []float64 { return viewOf[float64](m.view("Floats")) }

func (m *SharedMemory) view(op string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mem == nil && m.size > 0 {
		panic(&ClosedError{op, m.object()})
	}
	return m.mem
}

func viewOf[T any](b []byte) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(t)))
}

// Close gives the memory back, for all processes. Whoever made it calls this when
// nobody uses it any more; without it, it is there as long as the session.
func (m *SharedMemory) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mem != nil && m.at != 0 {
		m.region.Free(m.at, max(m.size, 1))
	}
	m.mem = nil
}
