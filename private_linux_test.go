package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lockstep/notebooks/nb"
	nbrun "lockstep/notebooks/run"
)

// build builds the program as users have it.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "lockstep")
	if out, err := exec.Command("go", "build", "-race=false", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// visit is what a user does who leaves traces: compiled cells, history, worker
// processes, shared memory, output of children. Its last cell tells the numbers of
// the session process and of workers, which live on.
var visit = []string{
	"func double(x int) int { return 2 * x }\nvar kept = double(4)",
	"%%subprocess -n 2 -r 1\ndouble(kept)",
	"%%compare -n 2 -r 1 --modes simple,goroutines,subprocess --timeline\ntime.Sleep(time.Millisecond)",
	"!echo a child",
	"shared := lab.NewSharedMemory(1 << 16)\nshared.Bytes()[0] = 1",
	"func pid(int) int { return os.Getpid() }\npool := lab.NewPool(2)\nworkers, err := pool.Map(pid, []int{1, 2, 3, 4})\nfmt.Println(os.Getpid(), strings.Trim(fmt.Sprint(workers), \"[]\"))\nif err != nil {\n\tpanic(err)\n}",
}

// TestNothingForOthers walks through everything that a kernel has made in an empty
// home, while it runs and after it, and looks at what its processes have inherited.
func TestNothingForOthers(t *testing.T) {
	binary := build(t)
	for _, umask := range []string{"000", "022"} {
		t.Run("umask "+umask, func(t *testing.T) {
			// What belongs to the go command stays where it is.
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOENV"} {
				out, err := exec.Command("go", "env", name).Output()
				if err != nil {
					t.Fatal(err)
				}
				t.Setenv(name, strings.TrimSpace(string(out)))
			}
			home := t.TempDir()
			for name, dir := range map[string]string{"HOME": "home", "TMPDIR": "tmp"} {
				dir = filepath.Join(home, dir)
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				t.Setenv(name, dir)
			}
			for _, name := range []string{"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "LOCKSTEP_HISTORY"} {
				t.Setenv(name, "")
			}
			files := []string{"home/.local/share/lockstep/history.sqlite", "kernel.json", "kernel-1"}
			if _, err := findNative(slog.New(slog.DiscardHandler))(t.Context()); err != nil {
				t.Logf("without what the native engine makes: %v", err)
				t.Setenv("LOCKSTEP_ENGINE", "interp")
			} else {
				files = append(files, "unit.so", "host", "archives")
				t.Setenv("LOCKSTEP_ENGINE", "native")
			}
			k, err := nbrun.Start(t.Context(), nbrun.KernelOptions{
				Command: []string{"sh", "-c", `umask "$0" && exec "$@"`, umask, binary, "kernel"},
				Dir:     home,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer k.Stop()
			n := nb.New()
			for _, text := range visit {
				n.Cells = append(n.Cells, nb.NewCell(nb.Code, text))
			}
			if _, err := k.Run(t.Context(), n, nbrun.Options{}); err != nil {
				t.Fatal(err)
			}
			seen := private(t, home)
			for _, want := range files {
				if !strings.Contains(seen, want) {
					t.Errorf("%s is not there: the walk looks in the wrong place:\n%s", want, seen)
				}
			}
			pids := strings.Fields(n.Cells[len(n.Cells)-1].OutputText())
			if len(pids) != 5 {
				t.Fatalf("%d processes, want the session's and four times a worker's: %q", len(pids), pids)
			}
			for _, pid := range pids {
				inheritsNoSocket(t, pid)
			}
			if err := k.Stop(); err != nil {
				t.Fatal(err)
			}
			private(t, home)
		})
	}
}

// private fails for each file that group or others may use, and returns what it saw.
func private(t *testing.T, root string) string {
	t.Helper()
	var seen strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || path == root {
			return nil // it is gone meanwhile
		}
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch {
		case d.Type() == fs.ModeSymlink: // has no mode of its own
			return nil
		case name == filepath.Join("home", ".config"), strings.HasPrefix(name, filepath.Join("tmp", "go-build")):
			// Where the go command counts what is used of it, and where it builds.
			return fs.SkipDir
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(&seen, info.Mode(), name)
		// What is linked from the go command's cache has the mode that it has there;
		// the folder around it is closed.
		if info.Mode().Perm()&0o077 != 0 && filepath.Base(filepath.Dir(path)) != "archives" {
			t.Errorf("%s: others may use it: %v", name, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return seen.String()
}

// inheritsNoSocket fails if a process of a session has a socket.
func inheritsNoSocket(t *testing.T, pid string) {
	t.Helper()
	if _, err := strconv.Atoi(pid); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("/proc", pid, "fd")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 4 {
		t.Fatalf("process %s has %d files, want its pipes at least (%v)", pid, len(files), err)
	}
	for _, f := range files {
		if to, err := os.Readlink(filepath.Join(dir, f.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			t.Errorf("process %s: descriptor %s is %s", pid, f.Name(), to)
		}
	}
}
