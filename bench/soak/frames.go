package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// A forgery is what is wrong with the frames of a request: its signature, their number or order, or the bytes on the way.
type forgery struct {
	name string
	// forge changes frames: delimiter, signature, header, parent header, metadata, content.
	forge func(frames [][]byte, r *rand.Rand) [][]byte
	bytes func(stream []byte, r *rand.Rand) []byte
}

var forgeries = []forgery{
	{name: "another signature", forge: func(f [][]byte, r *rand.Rand) [][]byte {
		f[1] = fmt.Appendf(nil, "%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
		return f
	}},
	{name: "no signature", forge: func(f [][]byte, _ *rand.Rand) [][]byte { f[1] = nil; return f }},
	{name: "half a signature", forge: func(f [][]byte, r *rand.Rand) [][]byte { f[1] = f[1][:r.IntN(len(f[1]))]; return f }},
	{name: "a signature of other bytes", forge: func(f [][]byte, r *rand.Rand) [][]byte {
		at := 2 + r.IntN(4)
		f[at] = append(slices.Clone(f[at]), ' ')
		return f
	}},
	{name: "no delimiter", forge: func(f [][]byte, _ *rand.Rand) [][]byte { return f[1:] }},
	{name: "another delimiter", forge: func(f [][]byte, _ *rand.Rand) [][]byte { f[0] = []byte("<IDS|MSG"); return f }},
	{name: "two delimiters", forge: func(f [][]byte, _ *rand.Rand) [][]byte { return slices.Insert(f, 1, f[0]) }},
	{name: "too few frames", forge: func(f [][]byte, r *rand.Rand) [][]byte { return f[:1+r.IntN(len(f)-1)] }},
	{name: "frames in another order", forge: func(f [][]byte, r *rand.Rand) [][]byte {
		at := 1 + r.IntN(4)
		f[at], f[at+1] = f[at+1], f[at]
		if at == 3 { // both are {}
			f[1] = nil
		}
		return f
	}},
	{name: "frames that are empty", forge: func(f [][]byte, _ *rand.Rand) [][]byte { return make([][]byte, len(f)) }},
	{name: "ten thousand frames", forge: func([][]byte, *rand.Rand) [][]byte { return make([][]byte, 10_000) }},
	{name: "flags", bytes: func(s []byte, r *rand.Rand) []byte { s[0] = byte(r.IntN(256)) | 0x80; return s }},
	{name: "a length", bytes: func(s []byte, r *rand.Rand) []byte { s[1] ^= byte(1 + r.IntN(255)); return s }},
	{name: "half the bytes", bytes: func(s []byte, r *rand.Rand) []byte { return s[:r.IntN(len(s))] }},
}

// forged sends n requests to run code whose frames are wrong, and among them right ones, each of those twice. None of the
// wrong ones is run, the right ones are once.
func forged(ctx context.Context, k *client.Kernel, r *rand.Rand, n int, t *tally) error {
	if err := expect(ctx, k, "forged, genuine := 0, 0", ""); err != nil {
		return err
	}
	var conn net.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close() // it has nothing to lose
		}
	}()
	send := func(ch wire.Channel, stream []byte) error {
		var err error
		for range 2 { // after wrong bytes the kernel closes the connection
			if conn == nil {
				if conn, err = dialRaw(ctx, k.Info.Endpoint(ch), "DEALER", nil); err != nil {
					return err
				}
				go io.Copy(io.Discard, conn) // until it is closed
			}
			if _, err = conn.Write(stream); err == nil {
				return nil
			}
			_ = conn.Close()
			conn = nil
		}
		return err
	}
	hangUp := func() {
		_ = conn.Close()
		conn = nil
	}
	genuine := 0
	for i := range n {
		what := forgeries[r.IntN(len(forgeries))]
		frames, err := signed(k, "forged++")
		if err != nil {
			return err
		}
		if what.forge != nil {
			frames = what.forge(frames, r)
		}
		stream := onWire(frames)
		if what.bytes != nil {
			stream = what.bytes(stream, r)
		}
		if err := send(wire.Shell, stream); err != nil {
			return fmt.Errorf("%s: %w", what.name, err)
		}
		if what.bytes != nil {
			hangUp() // what follows would be taken for the rest
		}
		if i%between == 0 {
			if frames, err = signed(k, "genuine++"); err != nil {
				return err
			}
			if err := send(wire.Shell, slices.Concat(onWire(frames), onWire(frames))); err != nil {
				return fmt.Errorf("a right request: %w", err)
			}
			genuine++
			if err := answers(ctx, k); err != nil {
				return fmt.Errorf("after %s: %w", what.name, err)
			}
		}
	}
	t.tried += n
	var err error
	for began := time.Now(); time.Since(began) < 10*time.Second; { // the last ones may still be on their way, on another connection
		if err = expect(ctx, k, "fmt.Print(forged, \" \", genuine)", fmt.Sprint("0 ", genuine)); err == nil {
			break
		}
	}
	if err == nil {
		t.survived += n
	} else {
		t.lost = append(t.lost, fmt.Sprintf("forged requests: %v", err))
	}
	t.note("%d forged requests, none of which ran, and %d right ones sent twice, which ran once", n, genuine)
	return nil
}

// signed are the frames of a request to run code.
func signed(k *client.Kernel, code string) ([][]byte, error) {
	m, err := k.Client.NewMessage(wire.ExecuteRequest, nil, wire.ExecuteRequestContent{Code: code})
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(k.Info.Key))
	parts := [][]byte{m.Header.Raw, []byte("{}"), []byte("{}"), m.Content}
	for _, p := range parts {
		mac.Write(p)
	}
	return append([][]byte{[]byte("<IDS|MSG>"), []byte(hex.EncodeToString(mac.Sum(nil)))}, parts...), nil
}

// onWire is a message in ZMTP 3.0: a header and a body for each frame.
func onWire(frames [][]byte) (stream []byte) {
	for i, f := range frames {
		more := byte(0)
		if i < len(frames)-1 {
			more = 1
		}
		if len(f) > 255 {
			stream = binary.BigEndian.AppendUint64(append(stream, more|2), uint64(len(f)))
		} else {
			stream = append(stream, more, byte(len(f)))
		}
		stream = append(stream, f...)
	}
	return stream
}
