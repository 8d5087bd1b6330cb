package held_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"lockstep/exec/held"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHeld(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such locks")
	}
	path := filepath.Join(t.TempDir(), "file")
	create := func() *os.File {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := create()
	if err := held.Hold(f); err != nil {
		t.Fatal(err)
	}
	if _, ok := held.Take(path); ok {
		t.Error("taken from who holds it")
	}
	_ = f.Close()
	release, ok := held.Take(path)
	if !ok {
		t.Fatal("not taken, though nobody holds it")
	}
	if _, ok := held.Take(path); ok {
		t.Error("taken twice")
	}
	release()

	f = create()
	defer f.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := held.Hold(f); !errors.Is(err, held.ErrSwept) {
		t.Errorf("a file that was removed: got %v", err)
	}
	defer create().Close()
	if err := held.Hold(f); !errors.Is(err, held.ErrSwept) {
		t.Errorf("a file in whose place is another: got %v", err)
	}
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, ok := held.Take(link); ok {
		t.Error("taken by a symbolic link")
	}
	if _, ok := held.Take(path + ".none"); ok {
		t.Error("taken what is not there")
	}
}
