package lab

import (
	"encoding/binary"
	"fmt"

	"lockstep/exec/shm"
)

// ring is where a shared queue keeps its values: bytes in a circle, each value
// behind its length. It grows as needed. The zero value is empty and ready.
type ring struct {
	at   shm.Offset
	size uint64 // of the place at at
	// From head on lie used bytes. Both are written last, so that a process that dies in
	// the middle of something leaves the ring as it was before.
	head, used uint64
}

const (
	lengthBytes = 8
	// ringStart is enough for some hundred numbers.
	ringStart = 8 << 10
)

// push adds a value at the end: head, and body behind it.
func (r *ring) push(region *shm.Region, head, body []byte) error {
	whole := lengthBytes + uint64(len(head)+len(body))
	if err := r.makeRoom(region, whole); err != nil {
		return err
	}
	r.put(region, r.head+r.used, head, body)
	r.used += whole
	return nil
}

// put writes a value to a place.
func (r *ring) put(region *shm.Region, at uint64, head, body []byte) {
	var length [lengthBytes]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(head)+len(body)))
	r.write(region, at, length[:])
	r.write(region, at+lengthBytes, head)
	r.write(region, at+lengthBytes+uint64(len(head)), body)
}

// pop takes the first value out; there must be one.
func (r *ring) pop(region *shm.Region) []byte {
	var length [lengthBytes]byte
	r.read(region, r.head, length[:])
	n := binary.LittleEndian.Uint64(length[:])
	from, mem := (r.head+lengthBytes)%r.size, region.Bytes(r.at, int(r.size))
	var data []byte
	if from+n <= r.size {
		data = append([]byte{}, mem[from:from+n]...) // which is not cleared first
	} else {
		data = make([]byte, n)
		r.read(region, from, data)
	}
	whole := lengthBytes + n
	r.head, r.used = (r.head+whole)%r.size, r.used-whole
	return data
}

// unpop makes a value the first.
func (r *ring) unpop(region *shm.Region, head, body []byte) error {
	whole := lengthBytes + uint64(len(head)+len(body))
	if err := r.makeRoom(region, whole); err != nil {
		return err
	}
	first := (r.head + r.size - whole) % r.size
	r.put(region, first, head, body)
	r.head, r.used = first, r.used+whole
	return nil
}

// makeRoom moves to a larger place if there is no room for n bytes more.
func (r *ring) makeRoom(region *shm.Region, n uint64) error {
	if r.used+n <= r.size {
		return nil
	}
	size := max(2*r.size, ringStart)
	for size < r.used+n {
		size *= 2
	}
	at, err := region.Alloc(int(size))
	if err != nil {
		return fmt.Errorf("there is no room for %d bytes more: %w", n, err)
	}
	old := *r
	if old.used > 0 {
		old.read(region, old.head, region.Bytes(at, int(old.used)))
	}
	*r = ring{at: at, size: size, used: old.used}
	if old.size > 0 {
		region.Free(old.at, int(old.size))
	}
	return nil
}

// write copies bytes to a place, around the end if need be.
func (r *ring) write(region *shm.Region, from uint64, data []byte) {
	mem := region.Bytes(r.at, int(r.size))
	n := copy(mem[from%r.size:], data)
	copy(mem, data[n:])
}

func (r *ring) read(region *shm.Region, from uint64, data []byte) {
	mem := region.Bytes(r.at, int(r.size))
	n := copy(data, mem[from%r.size:])
	copy(data[n:], mem)
}
