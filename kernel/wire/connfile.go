package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
)

// ConnectionInfo is the content of a connection file: where the sockets are and
// how messages are signed. It is a value; copies do not affect each other.
type ConnectionInfo struct {
	Transport       Transport `json:"transport"`
	IP              string    `json:"ip"`
	ShellPort       int       `json:"shell_port"`
	ControlPort     int       `json:"control_port"`
	StdinPort       int       `json:"stdin_port"`
	IOPubPort       int       `json:"iopub_port"`
	HBPort          int       `json:"hb_port"`
	Key             string    `json:"key"` // "" turns signing off
	SignatureScheme string    `json:"signature_scheme"`
	KernelName      string    `json:"kernel_name"`
	JupyterSession  string    `json:"jupyter_session"` // path of the notebook

	others map[string]json.RawMessage // keys of the file that we do not know
}

// NewConnectionInfo returns what a client writes for a kernel that it is about
// to start on this machine: TCP on the loopback, all ports for the kernel to
// choose, and a new key.
func NewConnectionInfo() ConnectionInfo {
	c := ConnectionInfo{Key: uuid.NewString()}
	c.setDefaults()
	return c
}

func (c *ConnectionInfo) setDefaults() {
	c.Transport, c.IP, c.SignatureScheme = TCP, "127.0.0.1", DefaultScheme
}

// ReadConnectionFile reads the connection file at path. The error wraps a
// [*DecodeError] when its content is wrong.
func ReadConnectionFile(path string) (ConnectionInfo, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ConnectionInfo{}, err
	}
	var c ConnectionInfo
	if err := decodeObject(raw, &c); err != nil {
		return ConnectionInfo{}, fmt.Errorf("connection file %s: %w", path, err)
	}
	if err := json.Unmarshal(raw, &c.others); err != nil {
		return ConnectionInfo{}, fmt.Errorf("connection file %s: %w", path, err)
	}
	for ch := range Channel(channels) {
		if p := c.Port(ch); p < 0 || p > 65535 && c.Transport == TCP {
			return ConnectionInfo{}, fmt.Errorf("connection file %s: %s_port must be from 0 to 65535, got %d", path, ch, p)
		}
	}
	return c, nil
}

// WriteFile writes c to path, readable by its owner only. Readers see the old
// file or the new one, never a part. Keys that c was read with and does not
// know are written back.
func (c ConnectionInfo) WriteFile(path string) error {
	own, err := marshal(c)
	if err != nil {
		return err
	}
	keys := maps.Clone(c.others)
	if err := json.Unmarshal(own, &keys); err != nil {
		return err
	}
	for _, optional := range []string{"kernel_name", "jupyter_session"} {
		if _, had := c.others[optional]; !had && string(keys[optional]) == `""` {
			delete(keys, optional)
		}
	}
	data, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return err
	}
	// Through a link, as a plain write would.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(append(data, '\n'))
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

// IsExposed tells whether other machines can reach the sockets and need no key to have code run.
func (c ConnectionInfo) IsExposed() bool {
	ip := net.ParseIP(c.IP)
	return c.Key == "" && c.Transport == TCP && c.IP != "localhost" && (ip == nil || !ip.IsLoopback())
}

// HasPorts tells whether all five ports are known.
func (c ConnectionInfo) HasPorts() bool {
	for ch := range Channel(channels) {
		if c.Port(ch) == 0 {
			return false
		}
	}
	return true
}

// Port returns the port of a channel, 0 if it is not known yet.
func (c ConnectionInfo) Port(ch Channel) int { return *c.port(ch) }

func (c *ConnectionInfo) port(ch Channel) *int {
	return [channels]*int{&c.ShellPort, &c.ControlPort, &c.StdinPort, &c.IOPubPort, &c.HBPort}[ch]
}

// Endpoint returns where the socket of a channel is.
func (c ConnectionInfo) Endpoint(ch Channel) Endpoint {
	return Endpoint{Transport: c.Transport, IP: c.IP, Port: c.Port(ch)}
}

// pollInterval is how often a connection file is looked at. A kernel starts in
// some 20 ms, and reading a small file takes some 20 µs.
const pollInterval = 2 * time.Millisecond

// WaitConnectionFile waits until the file at path has all five ports, which a
// kernel that was started with ports 0 writes when it listens.
func WaitConnectionFile(ctx context.Context, path string) (ConnectionInfo, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		c, err := ReadConnectionFile(path)
		if err == nil && c.HasPorts() {
			return c, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return c, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return c, fmt.Errorf("connection file %s: waiting for the kernel's ports: %w", path, context.Cause(ctx))
		}
	}
}
