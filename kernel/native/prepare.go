package native

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Prepare makes the program of the session process and compiles the usual
// packages for plugins, unless that is done. It takes up to a minute once on a
// machine, and tells what it is at in words for a user. Callers at the same time, also in
// other processes, wait for the first.
func (t *Toolchain) Prepare(ctx context.Context, progress func(string)) error {
	if progress == nil {
		progress = func(string) {}
	}
	if t.Ready() {
		t.used()
		return nil
	}
	unlock, err := t.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if t.Ready() {
		return nil
	}
	steps := []struct {
		text string
		do   func(context.Context) error
	}{
		{"building the program of the session process (once on this machine)", t.buildHost},
		{"compiling the standard library for the native engine (once on this machine)", t.compileBase},
		{"trying the native engine", t.choose},
	}
	for _, step := range steps {
		progress(step.text)
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	t.used()
	return nil
}

// used marks the folder as used, and now and then removes what is not.
func (t *Toolchain) used() {
	if info, err := os.Stat(t.readyFile()); err == nil {
		touch(t.readyFile(), info)
	}
	go t.Prune() // which ends by itself
}

// Ready tells whether [Toolchain.Prepare] has nothing to do.
func (t *Toolchain) Ready() bool {
	_, ok := t.recipe()
	return ok && isFile(t.Host())
}

func (t *Toolchain) readyFile() string { return filepath.Join(t.dir, "ready") }

// recipe tells how units are linked here, if that is known.
func (t *Toolchain) recipe() (r recipe, ok bool) {
	text, err := os.ReadFile(t.readyFile())
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.log.Warn("the native engine is made ready again", "err", err)
	}
	return r, err == nil
}

// Host is the path of the program of the session process, which is there after
// [Toolchain.Prepare].
func (t *Toolchain) Host() string { return filepath.Join(t.dir, "host") }

// buildHost lays out the source and builds the program, unless a Prepare that was
// interrupted has done so.
func (t *Toolchain) buildHost(ctx context.Context) error {
	if isFile(t.Host()) && isFile(filepath.Join(t.dir, "source", "go.mod")) {
		return nil
	}
	dir, err := tempDir(t.dir)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := extract(t.opt.Source, dir); err != nil {
		return err
	}
	source := filepath.Join(t.dir, "source")
	if err := errors.Join(os.RemoveAll(source), os.Rename(dir, source)); err != nil {
		return err
	}
	binary := filepath.Join(source, "host.new")
	// No tables for debuggers: they are a third of the file, and linking them takes time.
	_, said, err := t.run(ctx, source, t.env, t.command, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "./kernel/session/host")
	if err != nil {
		return toolError("building the program of the session process", said, err)
	}
	return errors.Join(private(binary), os.Rename(binary, t.Host()))
}

func (t *Toolchain) compileBase(ctx context.Context) error {
	_, err := t.need(ctx, base)
	return errors.Join(err, t.listLinked(ctx))
}
