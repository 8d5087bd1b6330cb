package value

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// source reads received data. Its methods panic with a *DataError, which
// [Decode] recovers: the alternative, a test after each of the many short
// reads, would hide what is read.
type source struct {
	r      io.Reader // nil if all is in the window
	window []byte    // read but not consumed
	buffer []byte
	offset int64 // of what is consumed
	size   int64 // of all
}

// window is the size of the buffer of a source with a reader.
const windowBytes = 64 << 10

func (s *source) fail(format string, args ...any) {
	panic(&DataError{s.offset, fmt.Sprintf(format, args...)})
}

// left is how many bytes are to come.
func (s *source) left() int64 { return s.size - s.offset }

// ensure has at least n bytes in the window; n is at most windowBytes.
func (s *source) ensure(n int) {
	if len(s.window) >= n {
		return
	}
	if s.r == nil || int64(n) > s.left() {
		s.fail("they end here")
	}
	if s.buffer == nil {
		s.buffer = make([]byte, windowBytes)
	}
	have := copy(s.buffer, s.window)
	room := s.buffer[have:]
	if rest := s.left() - int64(have); int64(len(room)) > rest {
		room = room[:rest]
	}
	got, err := io.ReadAtLeast(s.r, room, n-have)
	if err != nil {
		s.fail("reading: %v", err)
	}
	s.window = s.buffer[:have+got]
}

func (s *source) consume(n int) {
	s.window = s.window[n:]
	s.offset += int64(n)
}

func (s *source) byte() byte {
	s.ensure(1)
	b := s.window[0]
	s.consume(1)
	return b
}

func (s *source) uint() uint64 {
	if want := min(binary.MaxVarintLen64, s.left()); want > 0 {
		s.ensure(int(want))
	} else {
		s.fail("they end here")
	}
	n, length := binary.Uvarint(s.window)
	if length <= 0 {
		s.fail("not a number")
	}
	s.consume(length)
	return n
}

// length reads a number that is at most limit.
func (s *source) length(limit int64) int {
	n := s.uint()
	if n > uint64(max(limit, 0)) {
		s.fail("%d is more than there can be", n)
	}
	return int(n)
}

// read fills p.
func (s *source) read(p []byte) {
	if int64(len(p)) > s.left() {
		s.fail("they end here")
	}
	n := copy(p, s.window)
	s.consume(n)
	if n == len(p) {
		return
	}
	p = p[n:]
	if len(p) <= windowBytes/2 {
		s.ensure(len(p))
		s.consume(copy(p, s.window))
		return
	}
	// Straight to where it belongs.
	if s.r == nil {
		s.fail("they end here")
	}
	if _, err := io.ReadFull(s.r, p); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			s.fail("they end early")
		}
		s.fail("reading: %v", err)
	}
	s.offset += int64(len(p))
}

func (s *source) bytes() []byte {
	p := make([]byte, s.length(s.left()))
	s.read(p)
	return p
}

func (s *source) string() string { return string(s.bytes()) }
