//go:build linux

package procs_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lockstep/exec/procs"
)

// charger is a process that charges a guard with a family and with a folder, and with two that are over, and tells their
// numbers: the leader, a child in a group of its own, the one that is over, and the guard.
func charger() {
	g := procs.NewGuard(guardRole, slog.Default())
	over := g.Folder(os.Args[2])
	over()
	g.Folder(os.Args[1])
	other := osexec.Command("sleep", "1000")
	procs.LeadFamily(other)
	if err := other.Start(); err != nil {
		panic(err)
	}
	over = g.Family(other.Process.Pid)
	leader := osexec.Command("bash", "-c", "set -m; sleep 1000 & echo $!; wait")
	procs.LeadFamily(leader)
	out, err := leader.StdoutPipe()
	if err == nil {
		err = leader.Start()
	}
	if err != nil {
		panic(err)
	}
	g.Family(leader.Process.Pid)
	over()
	var child int
	if _, err := fmt.Fscanln(out, &child); err != nil {
		panic(err)
	}
	fmt.Println(leader.Process.Pid, child, other.Process.Pid, g.Process())
	time.Sleep(time.Hour)
}

// TestGuardOutlivesAll kills a process and the leader of its family at once: the rest of the family ends and the folder
// goes, and so does the guard.
func TestGuardOutlivesAll(t *testing.T) {
	if _, err := osexec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	folder, kept := filepath.Join(dir, "folder"), filepath.Join(dir, "kept")
	for _, d := range []string{filepath.Join(folder, "below"), kept} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := osexec.Command(os.Args[0], folder, kept)
	cmd.Env = append(os.Environ(), role+"=charger")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var leader, child, other, guard int
	_, err = fmt.Fscanln(bufio.NewReader(out), &leader, &child, &other, &guard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Kill(other, unix.SIGKILL) }()
	var ends []unix.PollFd
	for _, pid := range []int{leader, child, guard} {
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		ends = append(ends, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	for began := time.Now(); !ignores(t, guard, unix.SIGTERM); time.Sleep(time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("the guard would end by SIGTERM")
		}
	}
	_ = unix.Kill(guard, unix.SIGTERM)
	_ = cmd.Process.Kill()
	_ = unix.Kill(leader, unix.SIGKILL)
	_ = cmd.Wait()
	for i, what := range []string{"the leader", "its child", "the guard"} {
		if n, err := unix.Poll(ends[i:i+1], 30_000); n != 1 {
			t.Errorf("%s is left: %v", what, err)
		}
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("the folder that was over: %v", err)
	}
	if !alive(other) {
		t.Error("the family that was over has ended")
	}
}

// ignores tells whether a process ignores a signal.
func ignores(t *testing.T, pid int, signal unix.Signal) bool {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, mask, _ := strings.Cut(string(status), "SigIgn:\t")
	n, err := strconv.ParseUint(mask[:16], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n&(1<<(signal-1)) != 0
}

// TestGuardIsReplaced kills a guard, and stops one: the next charge finds another, which knows of those before.
func TestGuardIsReplaced(t *testing.T) {
	for _, signal := range []unix.Signal{unix.SIGKILL, unix.SIGSTOP} {
		t.Run(unix.SignalName(signal), func(t *testing.T) {
			g := procs.NewGuard(guardRole, slog.Default())
			defer g.Close()
			over := g.Folder(filepath.Join(t.TempDir(), "none"))
			defer over()
			first := g.Process()
			if err := unix.Kill(first, signal); err != nil {
				t.Fatal(err)
			}
			// A stopped one has a pipe full of words before it is given up.
			for began := time.Now(); g.Process() == first; g.Folder("none")() {
				if time.Since(began) > 30*time.Second {
					t.Fatal("there is no other guard")
				}
			}
			if alive(first) {
				t.Error("the first one is left")
			}
			if !alive(g.Process()) {
				t.Error("the second one does not live")
			}
		})
	}
}
