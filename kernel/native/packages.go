package native

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// An archive is a package compiled for plugins.
type archive struct {
	// File is its name in the folder archives: the SHA-256 of its content.
	File string `json:"file"`
	// Imports are the packages that it imports itself.
	Imports []string `json:"imports,omitempty"`
}

// base is what [Toolchain.Prepare] compiles for plugins: what units import
// whatever is in them, what the linker adds, and the usual packages of a cell. Others
// are compiled when a unit first asks for them, which takes a second or more.
var base = []string{
	"lockstep/kernel/rt", "lockstep/lab", "lockstep/kernel/display",
	"runtime/cgo",
	"bufio", "bytes", "cmp", "context", "errors", "flag", "fmt", "io", "iter", "log", "maps", "math", "math/big", "math/bits", "math/cmplx",
	"math/rand", "math/rand/v2", "os", "os/signal", "path", "path/filepath", "reflect", "regexp", "runtime", "runtime/debug", "slices",
	"sort", "strconv", "strings", "sync", "sync/atomic", "testing", "text/tabwriter", "time", "unicode", "unicode/utf8", "unique", "unsafe",
	"container/heap", "container/list", "container/ring", "encoding/base64", "encoding/binary", "encoding/csv", "encoding/hex", "encoding/json",
	"crypto/md5", "crypto/sha256", "hash", "hash/fnv", "html", "text/template", "net/http", "os/exec",
}

// A shelf is a list of archives, kept in a file.
type shelf struct {
	file string
	log  *slog.Logger

	mu  sync.Mutex
	all map[string]archive // by import path; never changed, but replaced; nil: not read yet
}

// list is what is on the shelf. The caller must not change it.
func (s *shelf) list() map[string]archive {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = s.read()
	}
	return s.all
}

func (s *shelf) read() map[string]archive {
	all := map[string]archive{}
	text, err := os.ReadFile(s.file)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("the list of compiled packages is made again", "err", err)
		return map[string]archive{}
	}
	return all
}

// add puts archives on the shelf, beside those that other processes have put there. If one
// does so at the same moment, some are compiled again another time.
func (s *shelf) add(added map[string]archive) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = s.read()
	maps.Copy(s.all, added)
	text, err := json.Marshal(s.all)
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(s.file), 0o700), writeFile(s.file, text))
}

// Compiled tells whether packages have been compiled for units on this machine.
// Where not, the first unit that imports them takes seconds.
func (t *Toolchain) Compiled(paths ...string) bool {
	return t.complete(t.known(), paths)
}

// known are the archives that are there: those of the host and the standard
// library, and those of the session's module. The caller must not change it.
func (t *Toolchain) known() map[string]archive {
	base := t.base.list()
	if t.module == nil {
		return base
	}
	all := maps.Clone(t.module.shelf.list())
	maps.Copy(all, base) // what the host links is the host's
	return all
}

// need makes sure that the archives of packages, and of all that they import,
// are there, and returns the archives known. The caller must not change the result.
func (t *Toolchain) need(ctx context.Context, paths []string) (map[string]archive, error) {
	all := t.known()
	if t.complete(all, paths) {
		return all, nil
	}
	dir, env, to := filepath.Join(t.dir, "source"), t.env, t.base
	if t.module != nil && slices.ContainsFunc(paths, t.foreign) {
		dir, env, to = t.module.dir, t.tagged(), t.module.shelf
	}
	added, err := t.compilePackages(ctx, dir, env, paths)
	if err == nil && to != t.base {
		err = t.sameBase(added)
	}
	if err != nil {
		return nil, err
	}
	if err := to.add(added); err != nil {
		return nil, err
	}
	return t.known(), nil
}

// foreign tells whether a package is neither in the standard library nor in this module.
func (t *Toolchain) foreign(path string) bool {
	if path == "unsafe" || strings.HasPrefix(path, "lockstep/") {
		return false
	}
	_, err := os.Stat(filepath.Join(t.settings["GOROOT"], "src", filepath.FromSlash(path)))
	return err != nil
}

// complete tells whether the archives of packages and all below them are there.
func (t *Toolchain) complete(all map[string]archive, paths []string) bool {
	for path := range closure(all, paths) {
		a, ok := all[path]
		if !ok || (a.File != "" && !isFile(t.archiveFile(a))) {
			return false
		}
	}
	return true
}

// closure is the set of packages and all that they import.
func closure(all map[string]archive, paths []string) map[string]bool {
	in := map[string]bool{}
	for todo := slices.Clone(paths); len(todo) > 0; {
		path := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !in[path] {
			in[path] = true
			todo = append(todo, all[path].Imports...)
		}
	}
	return in
}

// mend removes archives that are not what their names say, and reports
// whether there were any; they are compiled again when they are needed.
func (t *Toolchain) mend() bool {
	files, err := filepath.Glob(t.archiveFile(archive{File: "*"}))
	if err != nil {
		return false
	}
	found := false
	for _, file := range files {
		if sum, err := fileSum(file); err == nil && sum != filepath.Base(file) {
			found = os.Remove(file) == nil || found
		}
	}
	return found
}

func (t *Toolchain) archiveFile(a archive) string { return filepath.Join(t.dir, "archives", a.File) }

// ErrLacking says that a package is in no module that go.mod requires, or that go.sum has no
// sum for it: [Module.Get] may help.
var ErrLacking = errors.New("the session's module does not have it")

// lacking are the go command's words for that.
var lacking = []string{"no required module provides package", "missing go.sum entry", "updates to go.mod needed"}

// compilePackages has the go command compile packages for plugins, and takes the
// archives over: the go command removes what it has not used for some days.
func (t *Toolchain) compilePackages(ctx context.Context, dir string, env, paths []string) (map[string]archive, error) {
	args := []string{"list", "-export", "-deps", "-trimpath", "-buildvcs=false", "-buildmode=plugin", "-json=ImportPath,Export,Imports", "--"}
	out, said, err := t.run(ctx, dir, env, t.command, append(args, paths...)...)
	if err != nil {
		if slices.ContainsFunc(lacking, func(words string) bool { return strings.Contains(said, words) }) {
			return nil, fmt.Errorf("%w: %s", ErrLacking, said)
		}
		if strings.Contains(said, mismatch) {
			return nil, fmt.Errorf("%w\n%s", ErrSum, said)
		}
		return nil, toolError("go list", said, err)
	}
	if err := os.MkdirAll(filepath.Join(t.dir, "archives"), 0o700); err != nil {
		return nil, err
	}
	all := map[string]archive{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Export string
			Imports            []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		a := archive{Imports: slices.DeleteFunc(p.Imports, func(path string) bool { return path == "C" })}
		if p.Export != "" { // unsafe has none
			if a.File, err = t.takeOver(p.Export); err != nil {
				return nil, err
			}
		}
		all[p.ImportPath] = a
	}
}

// inCache is how the go command names files in its cache: by their content.
var inCache = regexp.MustCompile(`^([0-9a-f]{64})-d$`)

// takeOver brings a file of the go command's cache into ours, by a link where it can be.
func (t *Toolchain) takeOver(file string) (string, error) {
	var name string
	if m := inCache.FindStringSubmatch(filepath.Base(file)); m != nil {
		name = m[1]
	} else {
		sum, err := fileSum(file)
		if err != nil {
			return "", err
		}
		name = sum
	}
	to := t.archiveFile(archive{File: name})
	if isFile(to) {
		return name, nil
	}
	if err := os.Link(file, to); err == nil || errors.Is(err, fs.ErrExist) {
		return name, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return name, writeFile(to, text)
}

func fileSum(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// toolError is an error of a tool, with the end of what it said.
func toolError(tool, said string, err error) error {
	if said == "" {
		return fmt.Errorf("%s: %w", tool, err)
	}
	if lines := strings.Split(said, "\n"); len(lines) > 20 {
		said = "…\n" + strings.Join(lines[len(lines)-20:], "\n")
	}
	return fmt.Errorf("%s: %w: %s", tool, err, said)
}
