//go:build linux

package procs_test

import (
	"bufio"
	"fmt"
	"os"
	osexec "os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"lockstep/exec/procs"
)

// TestFamilyEndsWithItsLeader has a shell lead a family with a child, one in a group of its own, one whose parent has
// ended, and one that has made itself independent.
func TestFamilyEndsWithItsLeader(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := osexec.Command("bash", "-c", `sleep 1000 & echo $!
		set -m; sleep 1000 & echo $!; set +m
		(sleep 1000 & echo $!)
		setsid bash -c 'echo $$; exec sleep 1000' &
		wait`)
	cmd.Stdout = w
	procs.LeadFamily(cmd)
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Skipf("no bash: %v", err)
	}
	in := bufio.NewReader(r)
	var family [4]int // the last one has left it
	var ends []unix.PollFd
	for i := range family {
		if _, err := fmt.Fscanln(in, &family[i]); err != nil {
			t.Fatal(err)
		}
		fd, err := unix.PidfdOpen(family[i], 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		ends = append(ends, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	defer func() { _ = unix.Kill(family[3], unix.SIGKILL) }()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	procs.Wait(cmd)
	if cmd.ProcessState == nil || cmd.ProcessState.Success() {
		t.Errorf("the leader's state is %v, want that it was killed", cmd.ProcessState)
	}
	for i := range family[:3] { // what was killed takes a moment to end
		if n, err := unix.Poll(ends[i:i+1], 30_000); n != 1 {
			t.Errorf("process %d of the family is left: %v", i, err)
		}
	}
	if !alive(family[3]) {
		t.Error("the independent process has ended, want it to live")
	}
}
