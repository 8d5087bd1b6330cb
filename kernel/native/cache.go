package native

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// The cache folder, all of it for its user only:
//
//	KEY/                  by toolchain, settings and source ([Toolchain.place])
//	    lock              held while it is prepared
//	    source/           this module
//	    host              the program of the session process
//	    packages.json     the archives that are there: packages.go
//	    modules/HASH.json more of them, by the session's go.mod and go.sum: module.go
//	    archives/SHA256   compiled packages, by content; links, which have the mode that the go command gave
//	    units/HASH/       unit.a, unit.so, what the compiler said: build.go
//	    cc                a script: probe.go
//	    ready             how units are linked; written last by Prepare
//
// Files and folders appear whole: they are made under a name that begins with "tmp-" and renamed.

// place finds the folder of this toolchain in the cache.
func (t *Toolchain) place() error {
	root := t.opt.Cache
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return &MissingError{"there is no folder to keep compiled cells in: " + err.Error(), "set XDG_CACHE_HOME or HOME"}
		}
		root = filepath.Join(user, "lockstep", "native")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	h := sha256.New()
	for _, name := range settings {
		// This one is about the go command's own files.
		fmt.Fprintf(h, "%s=%s\n", name, strings.ReplaceAll(t.settings[name], "-modcacherw", ""))
	}
	if err := hashSource(h, t.opt.Source); err != nil {
		return err
	}
	t.dir = filepath.Join(root, hex.EncodeToString(h.Sum(nil))[:20])
	t.base = &shelf{file: filepath.Join(t.dir, "packages.json"), log: t.log}
	return nil
}

// hashSource adds the source's names and texts to a hash. It takes 5 ms for 2.5 MB,
// so a kernel leaves it to the background.
func hashSource(h io.Writer, source fs.FS) error {
	return eachSource(source, func(name string) error {
		text, err := fs.ReadFile(source, name)
		if err == nil {
			fmt.Fprintf(h, "%s %d\n", name, len(text))
			_, err = h.Write(text)
		}
		return err
	})
}

// lock waits until no other process prepares the same folder.
func (t *Toolchain) lock(ctx context.Context) (unlock func(), err error) {
	if err := errors.Join(os.MkdirAll(t.dir, 0o700), private(filepath.Dir(t.dir), t.dir)); err != nil {
		return nil, err
	}
	type result struct {
		unlock func()
		err    error
	}
	got := make(chan result, 1)
	go func() {
		file := filepath.Join(t.dir, "lock")
		unlock, err := lockedfile.MutexAt(file).Lock()
		if err == nil {
			if err = private(file); err != nil {
				unlock()
			}
		}
		got <- result{unlock, err}
	}()
	select {
	case r := <-got:
		return r.unlock, r.err
	case <-ctx.Done():
		go func() { // the lock comes some time, and nobody wants it
			if r := <-got; r.err == nil {
				r.unlock()
			}
		}()
		return nil, ctx.Err()
	}
}

// private takes from files and folders what others may do with them: a tool that has
// made them left that to the umask.
func private(paths ...string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			if err := os.Chmod(path, mode&0o700); err != nil {
				return err
			}
		}
	}
	return nil
}

// tempDir makes a folder in dir that is to be renamed when it is whole.
func tempDir(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return os.MkdirTemp(dir, "tmp-")
}

// writeFile makes a file appear whole.
func writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "tmp-")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// touch marks a file or folder as used, for [prune]. A mark of the last hour is
// recent enough.
func touch(path string, info fs.FileInfo) {
	if now := time.Now(); now.Sub(info.ModTime()) > time.Hour {
		_ = os.Chtimes(path, now, now) // pruned too early, it is built again
	}
}
