package nb

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// What a killed writer has left is removed; what a living one holds, and files of others, are not.
func TestLeftoversOfWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "book.ipynb")
	held, err := temporary(path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for _, name := range []string{".book.ipynb.123", ".book.ipynb.bak", ".other.ipynb.123", "book.ipynb.123"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(path, new(Notebook)); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{".book.ipynb.bak", filepath.Base(held.Name()), ".other.ipynb.123", "book.ipynb", "book.ipynb.123"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWritersAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book.ipynb")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := Write(path, new(Notebook)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
