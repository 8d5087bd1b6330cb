package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Flags of a ZMTP 3 frame (rfc.zeromq.org/spec/23).
const (
	flagMore    = 0x01
	flagLong    = 0x02
	flagCommand = 0x04
	flagsKnown  = flagMore | flagLong | flagCommand
)

const (
	greetingBytes   = 64
	greetingStart   = 0xff
	guardBufferSize = 32 << 10

	// collectBytes is the size from which the body of a frame is read before its
	// header is handed on: zmq4 reserves what a header announces, so that nine
	// bytes from a stranger would cost gigabytes. It is the unit of reading too.
	collectBytes = 1 << 20

	// writeChunk is the unit in which progress of a slow peer is seen.
	writeChunk = 128 << 10
)

// errFrame is wrapped by what guard says about bytes that are no ZMTP.
var errFrame = errors.New("not a valid ZMTP frame")

type phase int

const (
	phaseGreeting phase = iota
	phaseReady
	phaseOpen
)

// limits bounds what a peer may send.
type limits struct {
	messageBytes int64
	frames       int
}

// guard is the net.Conn that zmq4 sees. It parses the frames on their way so
// that the library meets no length that it would reserve blindly, takes the
// commands out of the stream once the handshake is done (RecvMsg would hand
// them on as messages, and write its PONG between the frames of another
// message), and buffers both ways, since the library reads and writes each
// frame in several small pieces.
//
// One goroutine reads and one writes; during the handshake it is the same one.
type guard struct {
	net.Conn
	limits    limits
	onCommand func(name string, body []byte) error

	r     *bufio.Reader
	phase phase
	head  []byte   // bytes of a header that were parsed and not yet read
	body  [][]byte // a long body, collected
	left  int64    // bytes of a short body still in the stream

	frames int   // of the message being read
	bytes  int64 // of the message being read

	w *bufio.Writer

	// progress is when the peer last took bytes, heard when it last sent any, as
	// nanoseconds since epoch.
	progress, heard atomic.Int64
	epoch           time.Time
}

func newGuard(conn net.Conn, lim limits, onCommand func(string, []byte) error) *guard {
	g := &guard{Conn: conn, limits: lim, onCommand: onCommand, epoch: time.Now()}
	g.r = bufio.NewReaderSize(hearing{g}, guardBufferSize)
	g.w = bufio.NewWriterSize(chunkWriter{g}, guardBufferSize)
	return g
}

// Read hands on a greeting, one READY, and then the frames that are messages.
func (g *guard) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		switch {
		case len(g.head) > 0:
			n := copy(p, g.head)
			g.head = g.head[n:]
			return n, nil
		case len(g.body) > 0:
			n := copy(p, g.body[0])
			if g.body[0] = g.body[0][n:]; len(g.body[0]) == 0 {
				g.body[0] = nil // the collector may have it while the rest is copied
				g.body = g.body[1:]
			}
			return n, nil
		case g.left > 0:
			n, err := g.r.Read(p[:min(int64(len(p)), g.left)])
			g.left -= int64(n)
			return n, err
		}
		if err := g.next(); err != nil {
			return 0, err
		}
	}
}

// next reads up to the body of the next frame that the library may see.
func (g *guard) next() error {
	if g.phase != phaseOpen {
		// The peer may be waiting for our half; afterwards the writer flushes.
		if err := g.w.Flush(); err != nil {
			return err
		}
	}
	if g.phase == phaseGreeting {
		first, err := g.r.ReadByte()
		if err != nil {
			return err
		}
		if first != greetingStart {
			return fmt.Errorf("%w: greeting starts with %#02x, want 0xff", errFrame, first)
		}
		g.head, g.left, g.phase = []byte{first}, greetingBytes-1, phaseReady
		return nil
	}

	flags, size, head, err := readFrameHeader(g.r)
	if err != nil {
		return err
	}
	command := flags&flagCommand != 0
	switch {
	case flags&^byte(flagsKnown) != 0:
		return fmt.Errorf("%w: flags %#02x", errFrame, flags)
	case command && flags&flagMore != 0:
		return fmt.Errorf("%w: a command with the MORE flag", errFrame)
	}
	if g.phase == phaseReady {
		if !command || size > handshakeFrameBytes {
			return fmt.Errorf("%w: want a READY command, got flags %#02x and %d bytes", errFrame, flags, size)
		}
		g.head, g.left, g.phase = head, int64(size), phaseOpen
		return nil
	}
	if command {
		return g.command(size)
	}

	g.frames++
	if g.frames > g.limits.frames {
		return fmt.Errorf("%w: more than %d frames in a message", errFrame, g.limits.frames)
	}
	if size > uint64(g.limits.messageBytes-g.bytes) {
		return fmt.Errorf("%w: message of more than %d bytes", errFrame, g.limits.messageBytes)
	}
	g.bytes += int64(size)
	if flags&flagMore == 0 {
		g.frames, g.bytes = 0, 0
	}
	if size > collectBytes {
		if err := g.collect(int64(size)); err != nil {
			return err
		}
	} else {
		g.left = int64(size)
	}
	g.head = head
	return nil
}

func (g *guard) collect(size int64) error {
	for size > 0 {
		chunk := make([]byte, min(size, collectBytes))
		if _, err := io.ReadFull(g.r, chunk); err != nil {
			return err
		}
		g.body = append(g.body, chunk)
		size -= int64(len(chunk))
	}
	return nil
}

func (g *guard) command(size uint64) error {
	if size == 0 || size > commandBytes {
		return fmt.Errorf("%w: command of %d bytes", errFrame, size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(g.r, data); err != nil {
		return err
	}
	n := int(data[0])
	if n >= len(data) {
		return fmt.Errorf("%w: command name of %d bytes in %d", errFrame, n, len(data))
	}
	return g.onCommand(string(data[1:1+n]), data[1+n:])
}

// readFrameHeader returns the flags and the size of the next frame, and its
// header as it came.
func readFrameHeader(r *bufio.Reader) (flags byte, size uint64, head []byte, err error) {
	head = make([]byte, 2, 9)
	if _, err = io.ReadFull(r, head); err != nil {
		return 0, 0, nil, err
	}
	if head[0]&flagLong == 0 {
		return head[0], uint64(head[1]), head, nil
	}
	head = head[:9]
	if _, err = io.ReadFull(r, head[2:]); err != nil {
		return 0, 0, nil, err
	}
	return head[0], binary.BigEndian.Uint64(head[1:]), head, nil
}

// Write buffers; the bytes leave with Flush, or when the buffer is full.
func (g *guard) Write(p []byte) (int, error) { return g.w.Write(p) }

// Flush sends what was buffered.
func (g *guard) Flush() error { return g.w.Flush() }

// touch notes that the peer cannot be called slow before now.
func (g *guard) touch() { g.progress.Store(int64(time.Since(g.epoch))) }

// idle returns for how long the peer has taken nothing.
func (g *guard) idle() time.Duration {
	return time.Since(g.epoch) - time.Duration(g.progress.Load())
}

// quiet returns for how long the peer has sent nothing.
func (g *guard) quiet() time.Duration {
	return time.Since(g.epoch) - time.Duration(g.heard.Load())
}

// hearing reads from the network and notes when.
type hearing struct{ g *guard }

func (h hearing) Read(p []byte) (int, error) {
	n, err := h.g.Conn.Read(p)
	if n > 0 {
		h.g.heard.Store(int64(time.Since(h.g.epoch)))
	}
	return n, err
}

// closeWrite tells the peer that nothing more will come.
func (g *guard) closeWrite() error {
	if c, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// chunkWriter writes to the network in pieces, so that a long write to a slow
// peer shows that it is being read.
type chunkWriter struct{ g *guard }

func (c chunkWriter) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := c.g.Conn.Write(p[written:min(len(p), written+writeChunk)])
		written += n
		if n > 0 {
			c.g.touch()
		}
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
