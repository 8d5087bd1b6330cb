package shm

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"sync/atomic"
	"unsafe"
)

// Region is memory that several processes see. All methods are safe for
// concurrent use, in all of them.
type Region struct {
	file *os.File
	mem  []byte
}

// Offset is a place in a region. 0 is no place.
type Offset uint64

// The beginning of a region.
type header struct {
	magic uint64
	next  uint64                   // where nothing has been allocated yet
	root  uint64                   // see [Region.Root]
	free  [classes]uint64          // lists of freed blocks: see [Region.Free]
	_     [headerBytes - used]byte // room for more
}

const (
	headerBytes = 1024
	used        = 24 + 8*classes
	magic       = 0x6c6f636b73746570 // "lockstep"
	// Blocks have sizes of powers of two, from that of a cache line on: two words that
	// different cores write to must not be in the same line.
	smallest = 64
	classes  = 40
	// Large blocks begin at pages, and their memory goes back to the system.
	large     = 64 << 10
	pageBytes = 4096
)

// sizes are tried in turn: an address space may be limited.
var sizes = []int64{16 << 30, 1 << 30, 64 << 20}

// ErrFull says that there is no room left in a region.
var ErrFull = errors.New("no shared memory left")

// New makes a region. The error wraps [errors.ErrUnsupported] where processes
// cannot share memory.
func New() (*Region, error) {
	file, err := create()
	if err != nil {
		return nil, err
	}
	for _, size := range sizes {
		if err = file.Truncate(size); err != nil {
			continue
		}
		var mem []byte
		if mem, err = mapFile(file, size); err != nil {
			continue
		}
		r := &Region{file, mem}
		h := r.header()
		h.next = headerBytes
		atomic.StoreUint64(&h.magic, magic)
		return r, nil
	}
	_ = file.Close() // the other error counts
	return nil, fmt.Errorf("making shared memory: %w", err)
}

// Attach opens the region that another process has made: file is what it got
// from [Region.File], however that came here.
func Attach(file *os.File) (*Region, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	if info.Size() < headerBytes {
		return nil, fmt.Errorf("shared memory: %d bytes are too few", info.Size())
	}
	mem, err := mapFile(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	r := &Region{file, mem}
	if atomic.LoadUint64(&r.header().magic) != magic {
		_ = r.Close()
		return nil, errors.New("shared memory: it was not made by this program")
	}
	return r, nil
}

// File is what a process needs to [Attach].
func (r *Region) File() *os.File { return r.file }

// Close gives the memory back. Nobody may use the region afterwards.
func (r *Region) Close() error {
	return errors.Join(unmap(r.mem), r.file.Close())
}

func (r *Region) header() *header { return (*header)(unsafe.Pointer(&r.mem[0])) }

// Bytes is n bytes at a place.
func (r *Region) Bytes(at Offset, n int) []byte { return r.mem[at : at+Offset(n) : at+Offset(n)] }

// At returns what is at a place, which must have been allocated for a T. T must be
// free of pointers.
func At[T any](r *Region, at Offset) *T {
	var t T
	_ = r.mem[at+Offset(unsafe.Sizeof(t))-1]
	return (*T)(unsafe.Pointer(&r.mem[at]))
}

// Root is a word for whoever uses the region, to say where the rest begins. It is 0
// at first.
func (r *Region) Root() *uint64 { return &r.header().root }

// class returns the list for blocks of n bytes, and their size.
func class(n int) (list int, size uint64) {
	list = max(0, bits.Len64(uint64(max(n, 1)-1))-6)
	return list, smallest << list
}

// The head of a list is the place of the first block, in units of smallest, and above it a
// number that is another one after each change: else a process could take a block
// for the first that was so, taken and given back since it looked.
const (
	placeBits = 32
	placeMask = 1<<placeBits - 1
)

// Alloc returns room for n bytes, which are 0, at the beginning of a cache line. The
// error is [ErrFull].
func (r *Region) Alloc(n int) (Offset, error) {
	list, size := class(n)
	if list >= classes {
		return 0, ErrFull
	}
	h := r.header()
	for {
		head := atomic.LoadUint64(&h.free[list])
		first := head & placeMask
		if first == 0 {
			break
		}
		at := Offset(first * smallest)
		// What is read here is worth nothing if somebody else takes the block.
		next := atomic.LoadUint64(At[uint64](r, at))
		if atomic.CompareAndSwapUint64(&h.free[list], head, (head>>placeBits+1)<<placeBits|next&placeMask) {
			clear(r.Bytes(at, 8)) // the rest is: see Free
			return at, nil
		}
	}
	for {
		end := atomic.LoadUint64(&h.next)
		at := end
		if size >= large {
			at = (at + pageBytes - 1) &^ (pageBytes - 1)
		}
		if at+size > uint64(len(r.mem)) {
			return 0, ErrFull
		}
		if atomic.CompareAndSwapUint64(&h.next, end, at+size) {
			return Offset(at), nil
		}
	}
}

// Free gives back what [Region.Alloc] returned for n bytes. Nobody may use it any more.
func (r *Region) Free(at Offset, n int) {
	list, size := class(n)
	if size < large || !r.discard(at, size) {
		clear(r.Bytes(at, int(size)))
	}
	h := r.header()
	for {
		head := atomic.LoadUint64(&h.free[list])
		atomic.StoreUint64(At[uint64](r, at), head&placeMask)
		if atomic.CompareAndSwapUint64(&h.free[list], head, (head>>placeBits+1)<<placeBits|uint64(at)/smallest) {
			return
		}
	}
}
