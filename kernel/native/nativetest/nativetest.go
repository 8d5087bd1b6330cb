// Package nativetest helps to test with a real toolchain of the native engine.
package nativetest

import (
	"errors"
	"io/fs"
	"os"
	osexec "os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"lockstep/kernel/native"
)

// Source is this module's source, as the kernel's program carries it.
func Source(t testing.TB) fs.FS {
	t.Helper()
	files, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var load = sync.OnceValues(func() (fstest.MapFS, error) {
	out, err := osexec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{.Dir}} {{$.Dir}}{{end}}{{end}}", "lockstep/kernel/session/host").Output()
	if err != nil {
		return nil, err
	}
	files := fstest.MapFS{}
	for line := range strings.Lines(string(out)) {
		root, dir, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		folder, err := filepath.Rel(root, dir)
		if err != nil {
			return nil, err
		}
		if err := add(files, root, filepath.ToSlash(folder), "*.go", "*.s"); err != nil {
			return nil, err
		}
		if err := add(files, root, ".", "go.mod", "go.sum"); err != nil {
			return nil, err
		}
	}
	return files, nil
})

func add(files fstest.MapFS, root, folder string, patterns ...string) error {
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), pattern))
		if err != nil {
			return err
		}
		for _, file := range found {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			name := path.Join(folder, filepath.Base(file))
			if !strings.HasSuffix(name, "_test.go") {
				files[name] = &fstest.MapFile{Data: text, Mode: 0o600}
			}
		}
	}
	return nil
}

// Toolchain is prepared, with its cache in the user's cache folder, so that
// all tests of this source share it. Without a toolchain that can build plugins
// the test is skipped, except in CI.
func Toolchain(t testing.TB) *native.Toolchain { return prepared(t, "") }

// OwnToolchain is as [Toolchain], with a cache that ends with the test.
func OwnToolchain(t testing.TB) *native.Toolchain {
	t.Helper()
	shared := Toolchain(t)
	cache := filepath.Join(t.TempDir(), "a folder", "native")
	key := filepath.Base(shared.Cache())
	if err := os.CopyFS(filepath.Join(cache, key), os.DirFS(shared.Cache())); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(cache, key, "units")); err != nil {
		t.Fatal(err)
	}
	return prepared(t, cache)
}

// Again is the toolchain as another process would find it.
func Again(t testing.TB, tc *native.Toolchain) *native.Toolchain {
	return prepared(t, filepath.Dir(tc.Cache()))
}

func prepared(t testing.TB, cache string) *native.Toolchain {
	t.Helper()
	tc, err := native.Find(t.Context(), native.Options{Source: Source(t), Cache: cache})
	var missing *native.MissingError
	if errors.As(err, &missing) && os.Getenv("CI") != "true" {
		t.Skip("without the native engine: " + err.Error())
	}
	if err == nil {
		err = tc.Prepare(t.Context(), func(text string) { t.Log(text) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return tc
}
