package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"time"
)

// Transport is how clients reach the kernel.
type Transport string

// The transports of a connection file.
const (
	TCP Transport = "tcp"
	IPC Transport = "ipc" // Unix domain sockets
)

// Endpoint is where a socket listens. For IPC the path of the socket is
// {IP}-{Port}, as in a connection file. Port 0 lets the system, or for IPC the
// first free number, decide; the listener's address tells which.
type Endpoint struct {
	Transport Transport
	IP        string
	Port      int
}

func (e Endpoint) path() string { return e.IP + "-" + strconv.Itoa(e.Port) }

func (e Endpoint) String() string {
	if e.Transport == IPC {
		return "ipc://" + e.path()
	}
	return "tcp://" + net.JoinHostPort(e.IP, strconv.Itoa(e.Port))
}

func (e Endpoint) tcpAddress() string {
	ip := e.IP
	if ip == "*" { // ZeroMQ's name for all interfaces
		ip = ""
	}
	return net.JoinHostPort(ip, strconv.Itoa(e.Port))
}

// errTransport is wrapped by errors about a transport that is not supported.
var errTransport = errors.New(`transport must be "tcp" or "ipc"`)

func (e Endpoint) listen() (net.Listener, error) {
	switch e.Transport {
	case TCP:
		return net.Listen("tcp", e.tcpAddress())
	case IPC:
		return e.listenIPC()
	}
	return nil, fmt.Errorf("%w, got %q", errTransport, e.Transport)
}

// listenIPC binds the path of e, in place of a socket file that nobody listens
// on any more. The file is removed when the listener is closed.
func (e Endpoint) listenIPC() (net.Listener, error) {
	if e.Port == 0 {
		for e.Port = 1; ; e.Port++ {
			if _, err := os.Lstat(e.path()); errors.Is(err, fs.ErrNotExist) {
				break
			} else if err != nil {
				return nil, err
			}
		}
	}
	path := e.path()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	// libzmq leaves the mode to the umask; whoever can connect can flood us.
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%s: want a socket or no file, got %v", path, info.Mode())
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return fmt.Errorf("%s: another process listens on it", path)
	}
	return os.Remove(path)
}

// portOf returns the port of a listener that was made for e.
func (e Endpoint) portOf(addr net.Addr) int {
	switch a := addr.(type) {
	case *net.TCPAddr:
		return a.Port
	case *net.UnixAddr:
		port, _ := strconv.Atoi(a.Name[min(len(e.IP)+1, len(a.Name)):])
		return port
	}
	return e.Port
}

func (e Endpoint) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	switch e.Transport {
	case TCP:
		return d.DialContext(ctx, "tcp", e.tcpAddress())
	case IPC:
		return d.DialContext(ctx, "unix", e.path())
	}
	return nil, fmt.Errorf("%w, got %q", errTransport, e.Transport)
}
