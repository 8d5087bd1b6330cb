package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kernel.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A connection file with all its ports is not written again, and becomes private
// all the same.
func TestListenFileBecomesPrivate(t *testing.T) {
	dir := t.TempDir()
	text := fmt.Sprintf(`{"shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5,"ip":%q,"key":"k","transport":"ipc","signature_scheme":"hmac-sha256"}`, filepath.Join(dir, "ipc"))
	path := writeFile(t, text)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := ListenFile(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(0)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v (%v), want mode 0600", info.Mode(), err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("got %s (%v), want the file as it was", got, err)
	}
}

// A file with ports 0 is written back with the real ones, for its owner only,
// and nothing in it is lost.
func TestListenFile(t *testing.T) {
	path := writeFile(t, `{"shell_port":0,"iopub_port":0,"stdin_port":0,"control_port":0,"hb_port":0,"ip":"127.0.0.1","key":"k<&","transport":"tcp",
		"signature_scheme":"hmac-sha256","kernel_name":"lockstep","jupyter_session":"a.ipynb","future":{"n":12345678901234567890},"":1}`)
	s, err := ListenFile(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(0)
	serveInfo(t, s)

	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("got mode %v, want 0600", got)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"jupyter_session": `"a.ipynb"`, "kernel_name": `"lockstep"`, "ip": `"127.0.0.1"`} {
		if got := string(keys[key]); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	if !strings.Contains(string(raw), "12345678901234567890") || len(keys) != 13 {
		t.Errorf("got %s, want every key kept", raw)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("got files %v, %v, want no other", entries, err)
	}

	read, err := WaitConnectionFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, dial(t, read))
	for ch := range Channel(channels) {
		if got, want := read.Port(ch), s.Info().Port(ch); got != want || got == 0 {
			t.Errorf("%s: got port %d, want %d", ch, got, want)
		}
	}
	// A second kernel cannot have the ports, and leaves nothing open.
	before := descriptors(t)
	if _, err := ListenFile(path, Options{}); err == nil || !strings.HasPrefix(err.Error(), "shell: ") {
		t.Errorf("got error %v, want one about shell", err)
	}
	if got := descriptors(t); got > before {
		t.Errorf("got %d descriptors after a failure, want %d", got, before)
	}
}

func TestFileWithPortsIsLeftAlone(t *testing.T) {
	s := listen(t, Options{})
	info := s.Info()
	s.Close(0)
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, string(text))
	again, err := ListenFile(path, Options{}) // at once, on the same ports
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(0)
	if got, err := os.ReadFile(path); err != nil || string(got) != string(text) {
		t.Errorf("got %s, %v, want the file as it was", got, err)
	}
}

func TestReadConnectionFile(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // part of the error
	}{
		{"no JSON", "x", "invalid character"},
		{"an array", "[]", "want a JSON object"},
		{"port is text", `{"shell_port":"1"}`, `field "shell_port": want an integer, got "1"`},
		{"port too high", `{"hb_port":65536}`, "hb_port must be from 0 to 65535, got 65536"},
		{"port below 0", `{"iopub_port":-1}`, "iopub_port must be from 0 to 65535, got -1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, tt.text)
			_, err := ReadConnectionFile(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got error %v, want one with %q and the path", err, tt.want)
			}
		})
	}
	t.Run("defaults", func(t *testing.T) {
		c, err := ReadConnectionFile(writeFile(t, `{"shell_port":5}`))
		if err != nil {
			t.Fatal(err)
		}
		if c.Transport != TCP || c.IP != "127.0.0.1" || c.SignatureScheme != DefaultScheme || c.Key != "" || c.HasPorts() {
			t.Errorf("got %+v", c)
		}
	})
	t.Run("missing", func(t *testing.T) {
		if _, err := ReadConnectionFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got error %v, want fs.ErrNotExist", err)
		}
	})
	for name, text := range map[string]string{
		"transport": `{"transport":"udp"}`,
		"scheme":    `{"key":"k","signature_scheme":"none"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := ListenFile(writeFile(t, text), Options{}); err == nil {
				s.Close(0)
				t.Error("got no error")
			}
		})
	}
}

func TestIsExposed(t *testing.T) {
	for _, tt := range []struct {
		transport Transport
		ip, key   string
		want      bool
	}{
		{TCP, "127.0.0.1", "", false},
		{TCP, "localhost", "", false},
		{TCP, "::1", "", false},
		{TCP, "0.0.0.0", "", true},
		{TCP, "0.0.0.0", "secret", false},
		{TCP, "192.0.2.1", "", true},
		{TCP, "example.org", "", true},
		{IPC, "/tmp/socket", "", false},
	} {
		c := ConnectionInfo{Transport: tt.transport, IP: tt.ip, Key: tt.key}
		if got := c.IsExposed(); got != tt.want {
			t.Errorf("%v %s with key %q: got %v, want %v", tt.transport, tt.ip, tt.key, got, tt.want)
		}
	}
}

func TestWriteThroughLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := NewConnectionInfo().WriteFile(link); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("got %v, %v, want the link still there", info, err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode() != 0o600 || info.Size() == 0 {
		t.Errorf("got %v, %v, want the target written, for its owner only", info, err)
	}
}

func TestWaitConnectionFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kernel.json")
	info := NewConnectionInfo()
	got := make(chan ConnectionInfo, 1)
	go func() {
		c, err := WaitConnectionFile(t.Context(), path)
		if err != nil {
			t.Error(err)
		}
		got <- c
	}()
	if err := info.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	for ch := range Channel(channels) {
		*info.port(ch) = 1000 + int(ch)
	}
	if err := info.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if c := <-got; c.HBPort != 1004 || c.Key != info.Key {
		t.Errorf("got %+v, want %+v", c, info)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := WaitConnectionFile(ctx, path+"x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

func TestIPCFiles(t *testing.T) {
	info := NewConnectionInfo()
	info.Transport, info.IP = IPC, filepath.Join(t.TempDir(), "k")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: info.IP + "-2", Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	info.ControlPort = 2 // there is a file, and nobody behind it

	s, err := Listen(info, Options{})
	if err != nil {
		t.Fatal(err)
	}
	serveInfo(t, s)
	roundTrip(t, dial(t, s.Info()))
	real := s.Info()
	for ch := range Channel(channels) {
		path := real.Endpoint(ch).path()
		got, err := os.Stat(path)
		if err != nil || got.Mode() != fs.ModeSocket|0o600 {
			t.Errorf("%s: got %v, %v, want a socket of mode 0600", ch, got, err)
		}
	}
	if real.ControlPort != 2 || real.ShellPort != 1 {
		t.Errorf("got %+v, want control 2 and shell 1", real)
	}
	if _, err := Listen(real, Options{}); err == nil || !strings.Contains(err.Error(), "another process listens") {
		t.Errorf("got error %v, want that another process listens", err)
	}
	roundTrip(t, dial(t, real)) // the failed attempt took nothing away
	s.Close(0)
	if left, err := filepath.Glob(info.IP + "*"); err != nil || len(left) != 0 {
		t.Errorf("got files %v, %v after Close, want none", left, err)
	}

	file := info.IP + "-2"
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(info, Options{}); err == nil || !strings.Contains(err.Error(), "want a socket or no file") {
		t.Errorf("got error %v, want one about the file", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "precious" {
		t.Errorf("got %q, %v, want the file untouched", got, err)
	}
}

func TestTransportString(t *testing.T) {
	for want, e := range map[string]Endpoint{
		"tcp://127.0.0.1:5": {TCP, "127.0.0.1", 5},
		"tcp://[::1]:5":     {TCP, "::1", 5},
		"ipc://a/b-5":       {IPC, "a/b", 5},
	} {
		if got := e.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	info := NewConnectionInfo()
	info.IP = "*"
	s, err := Listen(info, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(0)
	serveInfo(t, s)
	local := s.Info()
	local.IP = "127.0.0.1"
	roundTrip(t, dial(t, local))
}

func TestUnknownTransportEndsDial(t *testing.T) {
	info := NewConnectionInfo()
	info.Transport = "udp"
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := Dial(ctx, info, ClientOptions{}); !errors.Is(err, errTransport) {
		t.Errorf("got error %v, want errTransport", err)
	}
	if err := ctx.Err(); err != nil {
		t.Error("it was tried again and again")
	}
}
