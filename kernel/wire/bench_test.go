package wire

import (
	"fmt"
	"strings"
	"testing"
)

// One request and its reply on shell, over the loopback: encode, sign, send,
// verify and decode, twice.
func BenchmarkRoundTrip(b *testing.B) {
	s := listen(b, Options{})
	serveInfo(b, s)
	c := dial(b, s.Info())
	for b.Loop() {
		if _, err := c.Request(Shell, KernelInfoRequest, KernelInfoRequestContent{}); err != nil {
			b.Fatal(err)
		}
		receive(b, c.Receive(Shell))
	}
}

// The same without messages: two sockets and one frame.
func BenchmarkEcho(b *testing.B) {
	s := listen(b, Options{})
	c := dial(b, s.Info())
	for b.Loop() {
		if _, err := c.Ping(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// Messages a second from Publish to the last of some clients.
func BenchmarkPublish(b *testing.B) {
	for _, clients := range []int{1, 4} {
		for _, size := range []int{100, 100_000} {
			b.Run(fmt.Sprintf("clients=%d/bytes=%d", clients, size), func(b *testing.B) {
				s := listen(b, Options{})
				done := make(chan int)
				for range clients {
					c := dial(b, s.Info())
					go func() {
						n := 0
						for m := range c.Receive(IOPub) {
							if n++; m.Header.MsgType == Status {
								break
							}
						}
						done <- n
					}()
				}
				text := strings.Repeat("x", size)
				b.SetBytes(int64(size))
				n := 1
				for b.Loop() {
					if err := s.Publish(nil, Stream, StreamContent{Stdout, text}); err != nil {
						b.Fatal(err)
					}
					n++
				}
				if err := s.Publish(nil, Status, StatusContent{StateIdle}); err != nil {
					b.Fatal(err)
				}
				for range clients {
					if got := <-done; got != n {
						b.Fatalf("a client got %d messages, want %d", got, n)
					}
				}
			})
		}
	}
}

func BenchmarkCodec(b *testing.B) {
	for _, size := range []int{100, 1_000_000} {
		a := newAuthor("", "")
		c, err := NewCodec("key", "")
		if err != nil {
			b.Fatal(err)
		}
		content := StreamContent{Stdout, strings.Repeat("x", size)}
		b.Run(fmt.Sprintf("encode/bytes=%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				m, err := a.NewMessage(Stream, nil, content)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.Encode(m); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("decode/bytes=%d", size), func(b *testing.B) {
			m, err := a.NewMessage(Stream, nil, content)
			if err != nil {
				b.Fatal(err)
			}
			frames, err := c.Encode(m)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			for b.Loop() {
				clear(c.signer.seen) // or it were a replay
				c.signer.ring = c.signer.ring[:0]
				m, err := c.Decode(frames)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Decode[StreamContent](m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
