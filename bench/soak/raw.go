package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// greeting is how a peer begins in ZMTP 3.0 (rfc.zeromq.org/spec/23), without security.
func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}

// readyAs is the command that ends the handshake of a socket of a type.
func readyAs(socket string) []byte {
	body := "\x05READY\x0bSocket-Type\x00\x00\x00" + string(rune(len(socket))) + socket
	return append([]byte{4, byte(len(body))}, body...)
}

// connect connects to a socket of the kernel, which is of TCP here.
func connect(ctx context.Context, ep wire.Endpoint) (net.Conn, error) {
	return (&net.Dialer{Timeout: time.Minute}).DialContext(ctx, "tcp", net.JoinHostPort(ep.IP, strconv.Itoa(ep.Port)))
}

// dialRaw connects to a socket of the kernel by hand, sends more after the handshake, and reads no further than that.
func dialRaw(ctx context.Context, ep wire.Endpoint, socket string, more []byte) (net.Conn, error) {
	conn, err := connect(ctx, ep)
	if err != nil {
		return nil, err
	}
	hello := append(greeting(), readyAs(socket)...)
	if _, err = conn.Write(append(hello, more...)); err == nil {
		_, err = io.ReadFull(conn, make([]byte, 64+2)) // its greeting, and the beginning of its READY
	}
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", socket, ep, err)
	}
	return conn, nil
}

// halves are clients that die in mid-message, in mid-greeting, or say nothing, many of each, on every socket.
func halves(ctx context.Context, k *client.Kernel, n int, _ *tally) error {
	whole := append(greeting(), readyAs("DEALER")...)
	texts := [][]byte{
		{},
		greeting()[:30],
		greeting(),
		whole[:70],
		append(whole[:len(whole):len(whole)], 1), // half a header
		append(whole[:len(whole):len(whole)], 1, 200, 'a', 'b'),                              // half a frame
		append(whole[:len(whole):len(whole)], 3, 0, 0, 0, 0, 0, 0x10, 0, 0, 'a'),             // of one that claims to be of a megabyte
		append(whole[:len(whole):len(whole)], 2, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 'a'),    // or of two gigabytes
		append(whole[:len(whole):len(whole)], 1, 15, '<', 'I', 'D', 'S', '|', 'M', 'S', 'G'), // half the delimiter
		append(whole[:len(whole):len(whole)], "\x01\x09<IDS|MSG>\x01\x00\x01\x02{}"...),      // half a message
		[]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
	}
	var waiting []net.Conn
	defer func() {
		for _, c := range waiting {
			_ = c.Close() // they have nothing to lose
		}
	}()
	for i := range max(n/100, 1) {
		for j, text := range texts {
			ch := []wire.Channel{wire.Shell, wire.Control, wire.Stdin, wire.IOPub, wire.Heartbeat}[(i+j)%5]
			conn, err := connect(ctx, k.Info.Endpoint(ch))
			if err != nil {
				return err
			}
			// The kernel may have closed a connection that begins wrong.
			_, _ = conn.Write(text)
			switch i % 3 {
			case 0:
				_ = conn.(*net.TCPConn).SetLinger(0) // as a process that is killed with something unread
				_ = conn.Close()
			case 1:
				_ = conn.Close()
			default: // says nothing more, while others are served
				waiting = append(waiting, conn)
			}
		}
		if err := expect(ctx, k, "20 + 22", "42"); err != nil {
			return err
		}
	}
	return nil
}
