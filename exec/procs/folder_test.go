//go:build linux

package procs_test

import (
	"bufio"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lockstep/exec/procs"
)

// keeper is a process that has a folder until it is killed.
func keeper() {
	f, err := procs.NewFolder("test", nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := os.WriteFile(filepath.Join(f.Path, "file"), nil, 0o600); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(f.Path)
	select {}
}

func startKeeper(t *testing.T) (path string, kill func()) {
	t.Helper()
	c := self("keeper")
	cmd := osexec.Command(c.Path)
	cmd.Env = c.Env
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if path = strings.TrimSpace(line); err != nil || !exists(path) {
		t.Fatalf("got %q, %v", line, err)
	}
	return path, kill
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestFoldersOfTheDeadAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	live, _ := startKeeper(t)
	dead, kill := startKeeper(t)
	if !exists(live) || !exists(dead) {
		t.Fatal("a folder is gone although its process lives")
	}
	foreign := filepath.Join(dir, "lockstep-foreign")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	kill()
	f, err := procs.NewFolder("test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !exists(live) || !exists(foreign) || exists(dead) {
		t.Errorf("of a process that lives: %t, of nobody known: %t, of one that was killed: %t; want true, true, false", exists(live), exists(foreign), exists(dead))
	}
	if info, err := os.Stat(f.Path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got mode %v, %v", info.Mode(), err)
	}
	if err := f.Remove(); err != nil || exists(f.Path) {
		t.Errorf("got %v, folder there: %t", err, exists(f.Path))
	}
}

// Many that are made at once do not take each other for left behind.
func TestFoldersMadeAtOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			f, err := procs.NewFolder("test", nil)
			if err != nil || !exists(f.Path) {
				t.Errorf("got %+v, %v", f, err)
				return
			}
			if err := f.Remove(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
