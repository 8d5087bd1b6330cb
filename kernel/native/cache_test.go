package native_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"lockstep/kernel/native"
	"lockstep/kernel/native/nativetest"
)

var small = native.Unit{Source: "package main\n\nimport \"strings\"\n\nvar _ = strings.ToUpper(\"x\")\n", Imports: []string{"strings"}}

// TestVanished takes things away from the cache: they come back.
func TestVanished(t *testing.T) {
	tc := nativetest.OwnToolchain(t)
	first := build(t, tc, small)
	if again := build(t, tc, small); !again.Cached || again.Plugin != first.Plugin {
		t.Errorf("got %+v the second time, want the unit of the cache, %s", again, first.Plugin)
	}
	next := native.Unit{
		Source:  "package main\n\nimport _ \"" + first.Path + "\"\nimport \"strings\"\n\nvar _ = strings.ToLower(\"X\")\n",
		Imports: []string{"strings"},
		Units:   []string{first.Path},
	}
	for _, c := range []struct {
		name  string
		spoil func() error
	}{
		{"plugin", func() error { return os.Remove(first.Plugin) }},
		{"unit", func() error { return os.RemoveAll(filepath.Dir(first.Plugin)) }},
		{"archives", func() error { return os.RemoveAll(filepath.Join(tc.Cache(), "archives")) }},
		{"list of archives", func() error { return os.WriteFile(filepath.Join(tc.Cache(), "packages.json"), []byte("{"), 0o600) }},
		{"half archives", func() error { return spoil(files(t, filepath.Join(tc.Cache(), "archives"))) }},
		{"ready", func() error { return os.Remove(filepath.Join(tc.Cache(), "ready")) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.spoil(); err != nil {
				t.Fatal(err)
			}
			// Another process would find the cache so; this one remembers the list of archives.
			other := nativetest.Again(t, tc)
			build(t, other, small)
			u := next
			u.Source += "// " + c.name + "\n"
			b := build(t, other, u)
			if b.Cached {
				t.Error("a new unit was in the cache")
			}
			load(t, other, first.Plugin, b.Plugin)
		})
	}
	t.Run("imported unit", func(t *testing.T) {
		if err := os.RemoveAll(filepath.Dir(first.Plugin)); err != nil {
			t.Fatal(err)
		}
		u := next
		u.Source += "// without the unit that it imports\n"
		load(t, tc, first.Plugin, build(t, tc, u).Plugin)
	})
}

// spoil cuts files short. They may be links to those of the go command's cache, so
// they are replaced.
func spoil(files []string) error {
	for _, file := range files {
		if err := errors.Join(os.Remove(file), os.WriteFile(file, []byte("!<arch>\n"), 0o600)); err != nil {
			return err
		}
	}
	return nil
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(all) == 0 {
		t.Fatalf("got files %v and error %v in %s, want some", all, err, dir)
	}
	return all
}

// TestPrepareTogether has two make ready what is not: one does it, the other waits or gives up.
func TestPrepareTogether(t *testing.T) {
	tc := nativetest.OwnToolchain(t)
	other := nativetest.Again(t, tc)
	if err := os.Remove(filepath.Join(tc.Cache(), "ready")); err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	steps := 0
	err := tc.Prepare(t.Context(), func(string) {
		steps++
		if steps > 1 {
			return
		}
		hurried, cancel := context.WithCancel(t.Context())
		cancel()
		if err := other.Prepare(hurried, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v while another prepares, want that of the context", err)
		}
		g.Go(func() error {
			return other.Prepare(t.Context(), func(text string) { t.Errorf("the second does the work once more: %s", text) })
		})
	})
	if err = errors.Join(err, g.Wait()); err != nil {
		t.Fatal(err)
	}
	if !tc.Ready() || !other.Ready() || steps == 0 {
		t.Errorf("got ready %v and %v after %d steps, want both", tc.Ready(), other.Ready(), steps)
	}
}

// TestTogether builds one unit, and units that import it, in several toolchains at once.
func TestTogether(t *testing.T) {
	shared := nativetest.Toolchain(t)
	u := fresh(1)
	var g errgroup.Group
	for _, name := range []string{"a", "b", "c", "d"} {
		tc := shared
		if name > "b" {
			tc = nativetest.Again(t, shared)
		}
		g.Go(func() error {
			b, err := tc.Build(t.Context(), u)
			if err != nil {
				return err
			}
			_, err = tc.Build(t.Context(), native.Unit{Source: "package main\n\nimport _ \"" + b.Path + "\"\n// " + name, Units: []string{b.Path}})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if b := build(t, shared, u); !b.Cached {
		t.Errorf("got %+v, want the unit of the cache", b)
	}
}

// TestGiveUp has one caller of two stop in the middle of a build: the other gets the unit.
func TestGiveUp(t *testing.T) {
	tc := nativetest.Toolchain(t)
	u := fresh(3)
	hurried, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	var g errgroup.Group
	g.Go(func() error {
		defer close(over)
		if _, err := tc.Build(hurried, u); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		defer cancel()
		for { // until the compiler has begun
			half, err := filepath.Glob(filepath.Join(tc.Cache(), "units", "tmp-*", "unit.go"))
			if err != nil || len(half) > 0 {
				return err
			}
			select {
			case <-over:
				return nil
			default:
				runtime.Gosched()
			}
		}
	})
	g.Go(func() error {
		_, err := tc.Build(t.Context(), u)
		return err
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestUnknownUnit(t *testing.T) {
	tc := nativetest.Toolchain(t)
	_, err := tc.Build(t.Context(), native.Unit{Source: "package main\n\nimport _ \"cell/0\"\n", Units: []string{"cell/0"}})
	if err == nil || !strings.Contains(err.Error(), "imports cell/0, which was not built here") {
		t.Errorf("got error %v", err)
	}
}

// TestPrune makes things old and looks what is left.
func TestPrune(t *testing.T) {
	tc := nativetest.OwnToolchain(t)
	root := filepath.Dir(tc.Cache())
	old, recent := build(t, tc, small), build(t, tc, fresh(2))
	tc.Prune() // so that the next one comes when this test says so
	month := time.Now().Add(-31 * 24 * time.Hour)
	days := time.Now().Add(-3 * 24 * time.Hour)
	age := func(path string, at time.Time) {
		t.Helper()
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	folder := func(name string, at time.Time) {
		t.Helper()
		dir := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "ready"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		age(filepath.Join(dir, "ready"), at)
	}
	folder("ancient", month)
	for _, name := range []string{"e", "d", "c", "b", "a"} {
		folder(name, days.Add(time.Duration(name[0])*time.Minute))
	}
	age(filepath.Dir(old.Plugin), month)
	half := filepath.Join(tc.Cache(), "units", "tmp-1")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	age(half, days)
	age(filepath.Join(root, "pruned"), days)

	tc.Prune()
	var left []string
	for _, file := range files(t, root) {
		if info, err := os.Stat(file); err == nil && info.IsDir() && file != tc.Cache() {
			left = append(left, filepath.Base(file))
		}
	}
	if want := []string{"b", "c", "d", "e"}; !slices.Equal(left, want) {
		t.Errorf("got folders %v left, want the four used last, %v", left, want)
	}
	for path, want := range map[string]bool{filepath.Dir(old.Plugin): false, half: false, recent.Plugin: true} {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) == want {
			t.Errorf("%s is there: %v, want %v", path, !want, want)
		}
	}

	// Units that are too many go, those used longest ago first.
	limited, err := native.Find(t.Context(), native.Options{Source: nativetest.Source(t), Cache: root, UnitBytes: 2*recent.Bytes - 1})
	if err != nil {
		t.Fatal(err)
	}
	newest := fresh(4)
	last := build(t, limited, newest)
	age(filepath.Dir(recent.Plugin), time.Now().Add(-time.Minute))
	age(filepath.Join(root, "pruned"), days)
	limited.Prune()
	if limited.Usage().Units != 1 || !build(t, limited, newest).Cached {
		t.Errorf("got %d units left, want one, %s", limited.Usage().Units, last.Path)
	}
}
