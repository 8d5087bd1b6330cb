package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// program makes a program file with the given content, as `go run` does: in a
// folder that goes away.
func program(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "exe", "lockstep")
	writeFile(t, file, content)
	return file
}

// install installs a program with the given content and fails the test on an error.
func install(t *testing.T, m machine, content string, change func(*Options)) Report {
	t.Helper()
	opts := Options{Binary: program(t, content), Version: content, System: m.system()}
	if change != nil {
		change(&opts)
	}
	r, err := Install(t.Context(), opts)
	if err != nil {
		t.Fatalf("install of %s: %v", content, err)
	}
	return r
}

// wantFile checks that path holds content, or is not there where content is "".
func wantFile(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if content == "" {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: want it gone, got %q, %v", path, got, err)
		}
		return
	}
	if err != nil || string(got) != content {
		t.Errorf("%s: got %q, %v, want %q", path, got, err, content)
	}
}

func TestInstallPlaces(t *testing.T) {
	home := t.TempDir()
	prefix := filepath.Join(t.TempDir(), "p")
	share := filepath.Join(home, ".local", "share")
	tests := []struct {
		name         string
		change       func(*Options)
		dir, program string
		note         string
	}{
		{name: "default", dir: share + "/jupyter/kernels/lockstep", program: share + "/lockstep/bin"},
		{name: "user", change: func(o *Options) { o.User = true }, dir: share + "/jupyter/kernels/lockstep", program: share + "/lockstep/bin"},
		{name: "name", change: func(o *Options) { o.Name = "go126" }, dir: share + "/jupyter/kernels/go126", program: share + "/lockstep/bin"},
		{name: "sys-prefix", change: func(o *Options) { o.SysPrefix = true },
			dir: home + "/python/share/jupyter/kernels/lockstep", program: home + "/python/share/lockstep/bin"},
		{name: "prefix", change: func(o *Options) { o.Prefix = prefix },
			dir: prefix + "/share/jupyter/kernels/lockstep", program: prefix + "/share/lockstep/bin", note: "JUPYTER_PATH=" + prefix + "/share/jupyter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := install(t, ubuntu(home), "v1", tt.change)
			if r.Dir != filepath.FromSlash(tt.dir) || filepath.Dir(r.Binary) != filepath.FromSlash(tt.program) {
				t.Errorf("got %s starting %s, want %s starting a file in %s", r.Dir, r.Binary, tt.dir, tt.program)
			}
			spec, err := ReadSpec(r.Dir)
			if err != nil || spec.Binary != r.Binary || spec.Version != "v1" {
				t.Errorf("kernelspec: got %+v, %v, want it to start %s", spec, err, r.Binary)
			}
			wantFile(t, r.Binary, "v1")
			if info, err := os.Stat(r.Binary); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("the copy cannot be run by all: %v, %v", info.Mode(), err)
			}
			if notes := strings.Join(r.Notes, "\n"); (tt.note == "") != (notes == "") || !strings.Contains(notes, tt.note) {
				t.Errorf("notes: got %q, want %q", notes, tt.note)
			}
			if text := r.String(); !strings.Contains(text, r.Dir) || !strings.Contains(text, r.Binary) {
				t.Errorf("report does not say where: %s", text)
			}
		})
	}
}

func TestInstallRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"two places", func(o *Options) { o.User, o.Prefix = true, "/p" }, "exclude each other"},
		{"name", func(o *Options) { o.Name = "A B" }, `"A B"`},
		{"no such program", func(o *Options) { o.Binary = "/no/such/program" }, "/no/such/program"},
		{"no home", func(o *Options) {
			o.System.Home = func() (string, error) { return "", errors.New("$HOME is not defined") }
		}, "$HOME"},
		{"no prefix to ask for", func(o *Options) {
			o.SysPrefix = true
			o.System.LookPath = func(string) (string, error) { return "", errors.New("none") }
		}, "--sys-prefix: no active environment"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			opts := Options{Binary: program(t, "v1"), System: ubuntu(home).system()}
			tt.change(&opts)
			_, err := Install(t.Context(), opts)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if specs, _ := filepath.Glob(filepath.Join(home, ".local/share/jupyter/kernels/*")); len(specs) > 0 {
				t.Errorf("left behind: %s", specs)
			}
		})
	}
}

func TestInstallTakenName(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, ".local/share/jupyter/kernels/python3/kernel.json")
	const theirs = `{"argv": ["python3"], "display_name": "Python 3", "language": "python"}`
	writeFile(t, file, theirs)
	opts := Options{Name: "python3", Binary: program(t, "v1"), System: ubuntu(home).system()}
	if _, err := Install(t.Context(), opts); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "--name") {
		t.Errorf("install: got %v, want ErrForeign and the way out", err)
	}
	if _, err := Uninstall(t.Context(), opts); !errors.Is(err, ErrForeign) {
		t.Errorf("uninstall: got %v, want ErrForeign", err)
	}
	wantFile(t, file, theirs)
	if copies, _ := filepath.Glob(filepath.Join(home, ".local/share/lockstep/bin/lockstep-*")); len(copies) > 0 {
		t.Errorf("left behind: %s", copies)
	}
}

func TestOldCopies(t *testing.T) {
	asOther := func(o *Options) { o.Name = "other" }
	elsewhere := func(m *machine, dir string) { m.env = map[string]string{"JUPYTER_DATA_DIR": dir} }
	tests := []struct {
		name   string
		before func(t *testing.T, m *machine) // between the installs of v1 and v2
		stays  bool
	}{
		{name: "unused", before: func(*testing.T, *machine) {}},
		{name: "used by another name", before: func(t *testing.T, m *machine) { install(t, *m, "v1", asOther) }, stays: true},
		{name: "installed under another JUPYTER_DATA_DIR", before: func(t *testing.T, m *machine) {
			old := m.env
			elsewhere(m, t.TempDir())
			install(t, *m, "v1", nil)
			m.env = old
		}, stays: true},
		{name: "that folder is gone again", before: func(t *testing.T, m *machine) {
			old, dir := m.env, t.TempDir()
			elsewhere(m, dir)
			install(t, *m, "v1", nil)
			m.env = old
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "still running", before: func(t *testing.T, m *machine) {
			copies, err := filepath.Glob(filepath.Join(m.home, ".local/share/lockstep/bin/lockstep-*"))
			if err != nil || len(copies) != 1 {
				t.Fatalf("copies: got %s, %v, want one", copies, err)
			}
			m.running = copies
		}, stays: true},
		{name: "record unreadable", before: func(t *testing.T, m *machine) {
			writeFile(t, filepath.Join(m.home, ".local/share/lockstep/bin", recordFile), "{")
		}, stays: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := ubuntu(t.TempDir())
			first := install(t, m, "v1", nil)
			tt.before(t, &m)
			notOurs := filepath.Join(filepath.Dir(first.Binary), "lockstep-mine")
			writeFile(t, notOurs, "x")
			half := filepath.Join(filepath.Dir(first.Binary), "copy-12.tmp")
			writeFile(t, half, "v")

			second := install(t, m, "v2", nil)
			wantFile(t, second.Binary, "v2")
			wantFile(t, notOurs, "x")
			if tt.stays {
				wantFile(t, first.Binary, "v1")
				return
			}
			wantFile(t, first.Binary, "")
			wantFile(t, half, "")
			if !slices.Equal(second.Removed, []string{first.Binary}) {
				t.Errorf("removed: got %s, want %s", second.Removed, first.Binary)
			}
		})
	}
}

func TestDamagedCopyIsMended(t *testing.T) {
	m := ubuntu(t.TempDir())
	r := install(t, m, "v1", nil)
	writeFile(t, r.Binary, "v")
	if again := install(t, m, "v1", nil); again.Binary != r.Binary {
		t.Errorf("got another copy: %s", again.Binary)
	}
	wantFile(t, r.Binary, "v1")
}

func TestInstallFromTheCopy(t *testing.T) {
	m := ubuntu(t.TempDir())
	r := install(t, m, "v1", nil)
	again := install(t, m, "", func(o *Options) { o.Binary = r.Binary })
	if again.Binary != r.Binary {
		t.Errorf("got %s, want the same copy %s", again.Binary, r.Binary)
	}
	wantFile(t, r.Binary, "v1")
}

func TestAfter(t *testing.T) {
	m := ubuntu(t.TempDir())
	boom := errors.New("no space")
	var got string
	opts := Options{Binary: program(t, "v1"), System: m.system(), After: func(binary string) error {
		got = binary
		return boom
	}}
	r, err := Install(t.Context(), opts)
	if !errors.Is(err, boom) {
		t.Errorf("error: got %v, want %v", err, boom)
	}
	if got == "" || got != r.Binary {
		t.Errorf("After was called with %q, want %q", got, r.Binary)
	}
	if _, err := ReadSpec(r.Dir); err != nil {
		t.Errorf("the kernel is not installed: %v", err)
	}
}

func TestUninstall(t *testing.T) {
	m := ubuntu(t.TempDir())
	one := install(t, m, "v1", nil)
	other := install(t, m, "v1", func(o *Options) { o.Name = "other" })
	if one.Binary != other.Binary {
		t.Fatalf("the same program has two copies: %s, %s", one.Binary, other.Binary)
	}
	opts := Options{System: m.system()}
	r, err := Uninstall(t.Context(), opts)
	if err != nil || r.Dir != one.Dir || len(r.Removed) != 0 {
		t.Errorf("first: got %+v, %v, want %s removed and the copy kept", r, err, one.Dir)
	}
	wantFile(t, filepath.Join(one.Dir, "kernel.json"), "")
	wantFile(t, one.Binary, "v1")

	opts.Name = "other"
	r, err = Uninstall(t.Context(), opts)
	if err != nil || !slices.Equal(r.Removed, []string{one.Binary}) {
		t.Errorf("second: got %+v, %v, want the copy removed", r, err)
	}
	wantFile(t, one.Binary, "")
	if _, err := Uninstall(t.Context(), opts); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("third: got %v, want ErrNotInstalled", err)
	}
}

func TestUninstallSaysWhereItIs(t *testing.T) {
	m := ubuntu(t.TempDir())
	r := install(t, m, "v1", nil)
	_, err := Uninstall(t.Context(), Options{SysPrefix: true, System: m.system()})
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), r.Dir) {
		t.Errorf("got %v, want ErrNotInstalled and %s", err, r.Dir)
	}
	if entries, _ := os.ReadDir(filepath.Join(m.home, "python")); len(entries) > 0 {
		t.Errorf("looking made %v", entries)
	}
}

// Each of several installs at a time must leave a kernel that starts a whole program.
func TestConcurrentInstalls(t *testing.T) {
	m := ubuntu(t.TempDir())
	sys := m.system()
	var programs []string
	for i := range 8 {
		programs = append(programs, program(t, fmt.Sprintf("version %d", i)))
	}
	var wg sync.WaitGroup
	for i, file := range programs {
		wg.Go(func() {
			opts := Options{Name: fmt.Sprintf("k%d", i%2), Binary: file, System: sys}
			if _, err := Install(context.Background(), opts); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, name := range []string{"k0", "k1"} {
		spec, err := ReadSpec(filepath.Join(m.home, ".local/share/jupyter/kernels", name))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(spec.Binary); err != nil || !strings.HasPrefix(string(text), "version ") {
			t.Errorf("%s starts %s: %q, %v", name, spec.Binary, text, err)
		}
	}
	copies, _ := filepath.Glob(filepath.Join(m.home, ".local/share/lockstep/bin/lockstep-*"))
	if len(copies) != 2 {
		t.Errorf("copies: got %s, want the two in use", copies)
	}
}
