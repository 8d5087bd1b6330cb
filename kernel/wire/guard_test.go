package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// script is a connection whose peer sends what is in r and reads everything.
type script struct {
	net.Conn // nil: what is not defined below is not to be called
	r        io.Reader
	out      bytes.Buffer
}

func (s *script) Read(p []byte) (int, error)       { return s.r.Read(p) }
func (s *script) Write(p []byte) (int, error)      { return s.out.Write(p) }
func (s *script) Close() error                     { return nil }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// play runs a connection that sends input, and returns the messages that come
// through and what ended it.
func play(input []byte, lim limits) (got [][]string, err error) {
	nc := &script{r: bytes.NewReader(input)}
	p, err := open(nc, zmq4.Router, "", true, lim, time.Second, nil)
	if err != nil {
		return nil, err
	}
	err = p.read(func(frames [][]byte) {
		var m []string
		for _, f := range frames {
			m = append(m, string(f))
		}
		got = append(got, m)
	})
	return got, err
}

func TestGuard(t *testing.T) {
	lim := limits{messageBytes: 8 << 20, frames: 5}
	long := strings.Repeat("0123456789abcdef", 3<<20/16) + "end"
	ready := hello("DEALER", "me")
	tests := []struct {
		name    string
		input   []byte
		want    [][]string
		wantErr string // part of the error; "EOF" for the clean end of the input
	}{
		{"message", slices.Concat(ready, message("a", "", "c")), [][]string{{"a", "", "c"}}, "EOF"},
		{"long frame", slices.Concat(ready, message("a", long), message("b")), [][]string{{"a", long}, {"b"}}, "EOF"},
		{"command between messages", slices.Concat(ready, message("a"), command("PING", 0, 0), message("b")), [][]string{{"a"}, {"b"}}, "EOF"},
		{"command between frames", slices.Concat(ready, frame(flagMore, []byte("a")), command("PING", 0, 0), message("b")), [][]string{{"a", "b"}}, "EOF"},
		{"unknown command", slices.Concat(ready, command("WHATEVER", 1, 2, 3), message("b")), [][]string{{"b"}}, "EOF"},
		{"frames at the limit", slices.Concat(ready, message("1", "2", "3", "4", "5")), [][]string{{"1", "2", "3", "4", "5"}}, "EOF"},
		{"frames over the limit", slices.Concat(ready, message("1", "2", "3", "4", "5", "6")), nil, "more than 5 frames"},
		{"limit is a message's", slices.Concat(ready, message("1", "2", "3"), message("1", "2", "3")), [][]string{{"1", "2", "3"}, {"1", "2", "3"}}, "EOF"},
		{"frame too long", slices.Concat(ready, longHeader(0, 8<<20+1)), nil, "more than 8388608 bytes"},
		{"message too long", slices.Concat(ready, message(long, long, long)[:0], frame(flagMore, []byte(long)), frame(flagMore, []byte(long)), frame(0, []byte(long))), nil, "more than 8388608 bytes"},
		{"length 2^40", slices.Concat(ready, longHeader(0, 1<<40)), nil, "more than 8388608 bytes"},
		{"length 2^62", slices.Concat(ready, longHeader(0, 1<<62)), nil, "more than 8388608 bytes"},
		{"length 2^63", slices.Concat(ready, longHeader(0, 1<<63)), nil, "more than 8388608 bytes"},
		{"READY of 2^62", slices.Concat(greeting(), longHeader(flagCommand, 1<<62)), nil, "want a READY"},
		{"message instead of READY", slices.Concat(greeting(), message("a")), nil, "want a READY"},
		{"other command instead of READY", slices.Concat(greeting(), command("HELLO")), nil, "invalid command"},
		{"reserved flag", slices.Concat(ready, frame(0x40, []byte("a"))), nil, "flags 0x40"},
		{"command with MORE", slices.Concat(ready, frame(flagCommand|flagMore, []byte("a"))), nil, "MORE"},
		{"empty command", slices.Concat(ready, frame(flagCommand, nil)), nil, "command of 0 bytes"},
		{"command of 2^40", slices.Concat(ready, longHeader(flagCommand, 1<<40)), nil, "command of"},
		{"command name too long", slices.Concat(ready, frame(flagCommand, []byte{9, 'P'})), nil, "command name"},
		{"PING without its time", slices.Concat(ready, command("PING", 1)), nil, "PING of 1"},
		{"PING with a long context", slices.Concat(ready, command("PING", make([]byte, 19)...)), nil, "PING of 19"},
		{"HTTP", []byte("GET / HTTP/1.0\r\n\r\n"), nil, "greeting starts with 0x47"},
		{"ZMTP 2", slices.Concat([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1}, make([]byte, 64)), nil, "version"},
		{"other mechanism", bytes.Replace(ready, []byte("NULL"), []byte("CURV"), 1), nil, "security"},
		// The library slices these without a look at their length.
		{"READY cut in a name", slices.Concat(greeting(), command("READY", 3, 'S', 'o')), nil, "slice bounds"},
		{"READY cut in a length", slices.Concat(greeting(), command("READY", 1, 'S', 0, 0)), nil, "slice bounds"},
		{"unknown socket type", hello("NONSENSE", ""), nil, "unknown socket-type"},
		{"wrong socket type", hello("SUB", ""), nil, "not compatible"},
		{"half a greeting", greeting()[:20], nil, "EOF"},
		{"greeting only", greeting(), nil, "EOF"},
		{"half a frame", slices.Concat(ready, frame(0, []byte("abcdef"))[:5]), nil, "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := play(tt.input, lim)
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("got error %v, want one with %q", err, tt.wantErr)
			}
			if !slices.EqualFunc(got, tt.want, slices.Equal) {
				t.Errorf("got %d messages, want %d, or other ones", len(got), len(tt.want))
			}
		})
	}
}

// A length costs nothing until the bytes come: what 100 connections announce,
// 200 GiB here, could not be had.
func TestGuardReservesNothing(t *testing.T) {
	lim := limits{messageBytes: 2 << 30, frames: 10}
	input := slices.Concat(hello("DEALER", ""), longHeader(0, 2<<30), []byte("and no more"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := play(input, lim); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("got error %v, want unexpected EOF", err)
		}
	}
	runtime.ReadMemStats(&after)
	const most = 100 * 4 << 20
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		t.Errorf("100 announcements of 2 GiB reserved %d bytes, want at most %d", got, most)
	}
}

// The library writes in small pieces; they must leave as one.
func TestGuardBuffersWrites(t *testing.T) {
	nc := &script{r: bytes.NewReader(hello("DEALER", "me"))}
	p, err := open(nc, zmq4.Router, "", true, limits{1 << 20, 10}, time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	nc.out.Reset()
	if err := p.conn.SendMsg(zmq4.NewMsgFrom([]byte("a"), []byte("b"))); err != nil {
		t.Fatal(err)
	}
	if nc.out.Len() != 0 {
		t.Errorf("got %q on the network before the flush", nc.out.Bytes())
	}
	if err := p.g.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, want := nc.out.Bytes(), message("a", "b"); !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzGuard(f *testing.F) {
	f.Add(hello("DEALER", "me"))
	f.Add(slices.Concat(hello("REQ", ""), message("a", "b"), command("PING", 0, 1, 2), longHeader(flagMore, 300), make([]byte, 300), message("")))
	f.Add(slices.Concat(greeting(), command("READY", 1, 'S', 0, 0)))
	f.Add(slices.Concat(hello("DEALER", ""), longHeader(0, 1<<62)))
	lim := limits{messageBytes: 4 << 20, frames: 50}
	f.Fuzz(func(t *testing.T, input []byte) {
		got, err := play(input, lim)
		if err == nil {
			t.Fatal("the connection ended without an error")
		}
		size := 0
		for _, m := range got {
			if len(m) == 0 || len(m) > lim.frames {
				t.Errorf("got a message of %d frames, want 1 to %d", len(m), lim.frames)
			}
			for _, fr := range m {
				size += len(fr)
			}
		}
		if size > len(input) {
			t.Errorf("got %d bytes of messages from %d bytes", size, len(input))
		}
	})
}
