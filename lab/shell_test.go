//go:build unix

package lab

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestShellRun(t *testing.T) {
	h := newTestHost(t)
	var cell, out, errOut bytes.Buffer
	h.out = &cell
	dir := t.TempDir()
	for _, tt := range []struct {
		name, command string
		sh            Shell
		wantCode      int
		wantErr       string
	}{
		{"cell's output", "echo hello; echo there >&2", Shell{}, 0, ""},
		{"exit status", "exit 3", Shell{}, 3, `command "exit 3": exit status 3`},
		{"signal", "kill -9 $$", Shell{}, -1, `command "kill -9 $$": signal: killed`},
		{"no folder", "true", Shell{Dir: filepath.Join(dir, "absent")}, -1, `command "true": folder to run in: stat ` + dir + `/absent: no such file or directory`},
		{"own streams", "cat; pwd; echo $NAME >&2", Shell{Dir: dir, Env: []string{"NAME=value"}, Stdin: strings.NewReader("in\n"), Stdout: &out, Stderr: &errOut}, 0, ""},
		{"no input", "cat", Shell{}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.sh.Run(tt.command)
			if tt.wantErr == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := errors.AsType[*ShellError](err)
			if !ok || e.Code != tt.wantCode || e.Error() != tt.wantErr {
				t.Errorf("got %v, want status %d and %s", err, tt.wantCode, tt.wantErr)
			}
		})
	}
	if got := cell.String(); got != "hello\nthere\n" && got != "there\nhello\n" {
		t.Errorf("the cell got %q", got)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != "in\n"+real+"\n" || errOut.String() != "value\n" {
		t.Errorf("got %q and %q", out.String(), errOut.String())
	}
	if h.blocks.Load() == 0 {
		t.Error("commands did not let others run")
	}
}

func TestShellOutput(t *testing.T) {
	newTestHost(t)
	out, err := Shell{}.Output("echo out; echo err >&2; exit 1")
	if e, ok := errors.AsType[*ShellError](err); out != "out\n" || !ok || e.Code != 1 {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestShellAll(t *testing.T) {
	newTestHost(t)
	dir := t.TempDir()
	// A command can only end when two have begun, and fails if there is a third.
	command := `touch $$.begun
		while [ $(ls *.begun *.done 2>/dev/null | wc -l) -lt 2 ]; do sleep 0.01; done
		[ $(ls *.begun 2>/dev/null | wc -l) -le 2 ] || exit 9
		mv $$.begun $$.done; echo `
	var commands []string
	for i := range 6 {
		commands = append(commands, command+strconv.Itoa(i))
	}
	for i, f := range (Shell{Dir: dir}).All(2, append(commands, "echo bad >&2; exit 4")...) {
		want := Finished{Output: strconv.Itoa(i) + "\n"}
		if i == 6 {
			want = Finished{Output: "bad\n", Err: &ShellError{Code: 4}}
		}
		if f.Output != want.Output || (f.Err == nil) != (want.Err == nil) || f.Elapsed <= 0 || f.Command == "" {
			t.Errorf("command %d: got %+v", i, f)
		}
	}
	if got := (Shell{}).All(0); len(got) != 0 {
		t.Errorf("no commands: got %v", got)
	}
}

func TestShellInterrupt(t *testing.T) {
	for name, run := range map[string]func(Shell, string){
		"Run":    func(s Shell, c string) { s.Run(c) },
		"Output": func(s Shell, c string) { s.Output(c) },
		"All":    func(s Shell, c string) { s.All(1, c, c) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newTestHost(t)
			// The shell waits for a child; both have to go, and the second command
			// of All must not start. They hold the pipe open for as long as they live.
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			fifo := filepath.Join(t.TempDir(), "alive")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			w.Close()
			errs := make(chan error, 1)
			go func() {
				errs <- panicOf(func() { run(Shell{}, "exec 3>"+fifo+"; echo started >&3; sleep 1000; echo never") })
			}()
			alive, err := os.Open(fifo) // until the command opens its end
			if err != nil {
				t.Fatal(err)
			}
			defer alive.Close()
			in := bufio.NewReader(alive)
			if line, err := in.ReadString('\n'); line != "started\n" {
				t.Fatal(line, err)
			}
			close(h.done)
			if _, ok := errors.AsType[*StoppedError](<-errs); !ok {
				t.Error("not interrupted")
			}
			if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
				t.Errorf("after the interrupt: %q, %v", rest, err)
			}
		})
	}
}

func TestShellStart(t *testing.T) {
	newTestHost(t)
	c, err := Shell{}.Start("while read x; do echo got $x; done; echo end >&2; exit 5")
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(c.Stdout)
	for _, s := range []string{"a", "b"} {
		if _, err := io.WriteString(c.Stdin, s+"\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := out.ReadString('\n'); line != "got "+s+"\n" {
			t.Fatal(line, err)
		}
	}
	if ended, _ := c.WaitTimeout(time.Millisecond); ended || c.ExitCode() != -1 || c.PID() <= 0 {
		t.Errorf("a running command: ended %v, status %d, pid %d", ended, c.ExitCode(), c.PID())
	}
	err = c.Wait()
	if e, ok := errors.AsType[*ShellError](err); !ok || e.Code != 5 || c.ExitCode() != 5 {
		t.Errorf("got %v, status %d", err, c.ExitCode())
	}
	if rest, err := io.ReadAll(c.Stderr); string(rest) != "end\n" || err != nil {
		t.Errorf("got %q, %v", rest, err)
	}
}

// A command whose output nobody reads ends all the same, and the output is there afterwards.
func TestShellUnreadOutput(t *testing.T) {
	newTestHost(t)
	c, err := Shell{}.Start("head -c 1000000 /dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(c.Stdout); len(data) != 1_000_000 || err != nil {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
}

func TestShellKill(t *testing.T) {
	newTestHost(t)
	var out bytes.Buffer
	c, err := Shell{Stdin: strings.NewReader(""), Stdout: &out}.Start("sleep 1000 & sleep 1000")
	if err != nil {
		t.Fatal(err)
	}
	if c.Stdin != nil || c.Stdout != nil || c.Stderr == nil {
		t.Error("pipes for streams that the Shell names, or none for one that it does not")
	}
	c.Kill()
	if ended, err := c.WaitTimeout(time.Minute); !ended || err == nil || err.Error() != `command "sleep 1000 & sleep 1000": signal: killed` {
		t.Errorf("got %v, %v", ended, err)
	}
	c.Kill() // once more is fine
	if _, err := (Shell{Dir: "/absent"}).Start("true"); err == nil {
		t.Error("started in a folder that is not there")
	}
}

// Writing to a command that does not read can be interrupted.
func TestShellWriteInterrupt(t *testing.T) {
	h := newTestHost(t)
	c, err := Shell{}.Start("exec sleep 1000")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Kill()
	errs := make(chan error, 1)
	go func() {
		errs <- panicOf(func() { c.Stdin.Write(make([]byte, 1<<20)) })
	}()
	close(h.done)
	if _, ok := errors.AsType[*StoppedError](<-errs); !ok {
		t.Error("not interrupted")
	}
}

// Output that nobody reads makes the command wait, and goes on when it is read.
func TestSpoolRoom(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &spool{from: r, room: 10}
	go s.fill()
	full := func() bool {
		s.o.lock()
		defer s.o.unlock()
		return len(s.data) == 10 && len(s.o.lines[writer].waiters) == 1
	}
	for i, part := range []string{"0123456789", "abc"} {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
		for i == 0 {
			s.o.lock()
			done := len(s.data) == 10
			s.o.unlock()
			if done {
				break
			}
			runtime.Gosched()
		}
	}
	for !full() {
		runtime.Gosched()
	}
	w.Close()
	if data, err := io.ReadAll(s); string(data) != "0123456789abc" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}

	// After Kill nobody reads, and the rest is thrown away.
	r, w, err = os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s = &spool{from: r, room: 10}
	s.discard()
	go func() {
		w.Write(make([]byte, 1000))
		w.Close()
	}()
	s.fill()
	if len(s.data) != 0 {
		t.Errorf("%d bytes are kept", len(s.data))
	}
}
