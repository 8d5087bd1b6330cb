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

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Options says what to install or remove, and where. The zero value is the kernel
// "lockstep" for the user, from the running program.
type Options struct {
	// User is the user's data folder, the default. At most one of User, SysPrefix
	// and Prefix may be set.
	User bool
	// SysPrefix is the active Python environment, or that of the python3 found.
	SysPrefix bool
	// Prefix is a folder P: the kernelspec goes to P/share/jupyter, the program to
	// P/share/lockstep.
	Prefix string

	// Name is the kernel's name; empty means [DefaultName].
	Name string
	// DisplayName is what Jupyter shows; empty means "Go (NAME)".
	DisplayName string
	// Env is set in the kernel's environment.
	Env map[string]string
	// Version is the program's version.
	Version string
	// Binary is the program to copy; empty means the running one.
	Binary string

	// After is called, if set, once the kernel is installed, with the path of the
	// lasting copy, for what is better paid now than in the first cell. Its error is
	// returned, with the kernel installed all the same.
	After func(binary string) error

	// System answers in the machine's place, in tests.
	System System
}

// A Report says what [Install] or [Uninstall] did.
type Report struct {
	// Name is the kernel's name.
	Name string
	// Dir is the folder of the kernelspec.
	Dir string
	// Binary is the lasting copy of the program; empty after Uninstall.
	Binary string
	// Removed lists the copies of the program that were no longer used.
	Removed []string
	// Notes are what the user should know, a sentence each.
	Notes []string
}

// String is the report for people, a line each.
func (r Report) String() string {
	var b strings.Builder
	if r.Binary != "" {
		fmt.Fprintf(&b, "kernel %s installed in %s\nit starts %s\n", r.Name, r.Dir, r.Binary)
	} else {
		fmt.Fprintf(&b, "kernel %s removed from %s\n", r.Name, r.Dir)
	}
	for _, path := range r.Removed {
		fmt.Fprintf(&b, "removed %s, which nothing uses any more\n", path)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

// ErrNotInstalled is the error of [Uninstall] where there is no such kernel.
var ErrNotInstalled = errors.New("not installed")

// Install copies the program to a lasting place and writes a kernelspec that
// starts the copy. An earlier kernelspec of ours is replaced in one step, and
// copies that nothing uses any more are removed. Nothing of another kernel is
// touched: see [ErrForeign]. Two installs at a time wait for each other.
func Install(ctx context.Context, opts Options) (Report, error) {
	place, err := opts.place(ctx)
	if err != nil {
		return Report{}, err
	}
	program := opts.Binary
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return Report{}, fmt.Errorf("the path of the running program is unknown: %w", err)
		}
	}
	unlock, err := place.lock()
	if err != nil {
		return Report{}, err
	}
	defer unlock()

	// Before the program is copied: a name that is taken leaves nothing behind.
	if err := ownOrAbsent(place.spec); err != nil {
		return Report{}, takenError(place, err)
	}
	binary, err := place.store.add(program)
	if err != nil {
		return Report{}, err
	}
	spec := Spec{Name: place.name, DisplayName: opts.DisplayName, Binary: binary, Version: opts.Version, Env: opts.Env}
	if _, err := spec.Write(place.dataDir); err != nil {
		return Report{}, takenError(place, err)
	}
	r := Report{Name: place.name, Dir: place.spec, Binary: binary}
	search := opts.System.JupyterPath(ctx)
	r.clean(ctx, place, search, place.spec)
	if !slices.Contains(search, place.dataDir) {
		r.Notes = append(r.Notes, fmt.Sprintf("Jupyter does not look in %s by itself: use the Jupyter of that prefix, or set JUPYTER_PATH=%[1]s", place.dataDir))
	}
	if opts.After != nil {
		if err := opts.After(binary); err != nil {
			return r, fmt.Errorf("the kernel is installed, but its preparation ended early: %w", err)
		}
	}
	return r, nil
}

// Uninstall removes the kernelspec and the copies of the program that nothing uses
// any more. The error is [ErrNotInstalled] where there is no such kernel.
func Uninstall(ctx context.Context, opts Options) (Report, error) {
	place, err := opts.place(ctx)
	if err != nil {
		return Report{}, err
	}
	switch _, err := ReadSpec(place.spec); {
	case errors.Is(err, fs.ErrNotExist):
		return Report{}, fmt.Errorf("kernel %s: %w in %s%s", place.name, ErrNotInstalled, place.dataDir, opts.elsewhere(ctx, place))
	case err != nil:
		return Report{}, err
	}
	unlock, err := place.lock()
	if err != nil {
		return Report{}, err
	}
	defer unlock()
	// Moved away first, so that Jupyter never lists half of it.
	old := filepath.Join(place.dataDir, ".lockstep-old-"+place.name)
	if err := os.RemoveAll(old); err != nil {
		return Report{}, err
	}
	if err := os.Rename(place.spec, old); err != nil {
		return Report{}, err
	}
	if err := os.RemoveAll(old); err != nil {
		return Report{}, err
	}
	r := Report{Name: place.name, Dir: place.spec}
	r.clean(ctx, place, opts.System.JupyterPath(ctx), "")
	return r, nil
}

// clean removes unused copies. What cannot be removed is a note: the kernel is in
// its place either way, and the next install tries again.
func (r *Report) clean(ctx context.Context, p place, search []string, keep string) {
	removed, err := p.store.clean(ctx, append(search, p.dataDir), keep)
	r.Removed = removed
	if err != nil {
		r.Notes = append(r.Notes, err.Error())
	}
}

// A place is where one kernel goes.
type place struct {
	name    string
	dataDir string // Jupyter's data folder
	spec    string // the kernelspec's folder in it
	store   store
}

// place finds where the options point.
func (o Options) place(ctx context.Context) (place, error) {
	sys := o.System.orHost()
	given := 0
	for _, is := range []bool{o.User, o.SysPrefix, o.Prefix != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		return place{}, errors.New("--user, --sys-prefix and --prefix exclude each other: want at most one")
	}
	p := place{name: o.Name, store: store{sys: sys}}
	if p.name == "" {
		p.name = DefaultName
	}
	if err := CheckName(p.name); err != nil {
		return place{}, err
	}
	prefix := o.Prefix
	var err error
	if o.SysPrefix {
		if prefix, err = sys.pythonPrefix(ctx); err != nil {
			return place{}, fmt.Errorf("--sys-prefix: %w", err)
		}
	}
	if prefix != "" {
		if prefix, err = filepath.Abs(prefix); err != nil {
			return place{}, err
		}
		p.dataDir = filepath.Join(prefix, "share", "jupyter")
		p.store.dir = filepath.Join(prefix, "share", "lockstep", "bin")
	} else {
		if p.dataDir, err = sys.JupyterDataDir(); err != nil {
			return place{}, err
		}
		data, err := sys.dataDir()
		if err != nil {
			return place{}, err
		}
		p.store.dir = filepath.Join(data, "bin")
	}
	for _, dir := range []*string{&p.dataDir, &p.store.dir} {
		if *dir, err = filepath.Abs(*dir); err != nil {
			return place{}, err
		}
	}
	p.spec = filepath.Join(p.dataDir, "kernels", p.name)
	return p, nil
}

// lock makes the store's folder and keeps other installs out until unlock is called.
func (p place) lock() (unlock func(), err error) {
	if err := os.MkdirAll(p.store.dir, 0o755); err != nil {
		return nil, err
	}
	return lockedfile.MutexAt(filepath.Join(p.store.dir, ".lock")).Lock()
}

// elsewhere says where else the kernel is, to help a user who gave another place.
func (o Options) elsewhere(ctx context.Context, p place) string {
	for _, dir := range o.System.JupyterPath(ctx) {
		spec := filepath.Join(dir, "kernels", p.name)
		if _, err := ReadSpec(spec); err == nil {
			return fmt.Sprintf(" (it is in %s)", spec)
		}
	}
	return ""
}

// takenError says what to do where the name is another kernel's.
func takenError(p place, err error) error {
	if errors.Is(err, ErrForeign) {
		return fmt.Errorf("kernel name %s is taken: %w; choose another with --name, or remove %s", p.name, err, p.spec)
	}
	return err
}
