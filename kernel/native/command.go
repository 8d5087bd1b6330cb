package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A Command is a use of the go command on a package of a session's module.
type Command struct {
	// Args are those of the go command: "vet", "test" and its flags.
	Args []string
	// Files are the package's, by name. Their //line directives may name files by relative names.
	Files map[string]string
	// Env is the environment; nil is this process's.
	Env []string
	// Dir is where tests run; "" is the folder of the package, as go test has it. (On Windows it is always that.)
	Dir string
	// Stdout and Stderr take what the command prints, as it comes. Names of the package's own files
	// have no folder in it.
	Stdout, Stderr io.Writer
}

// Run runs the command in a folder of its own that ends with it, with the module's go.mod. What the
// command adds to that is lost. The error of a command that ran and failed is an [*osexec.ExitError]. When ctx
// ends, so does all that the command has started.
func (m *Module) Run(ctx context.Context, c Command) error {
	dir, err := os.MkdirTemp("", "lockstep-go-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // so that it is what tools call it
		return err
	}
	if err := m.copyTo(dir); err != nil {
		return err
	}
	for name, text := range c.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	args := c.Args
	if c.Dir != "" && args[0] == "test" && runtime.GOOS != "windows" {
		script := filepath.Join(dir, "run.sh")
		text := fmt.Sprintf("#!/bin/sh\ncd %s && exec \"$@\"\n", quoteShell(c.Dir))
		if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
			return err
		}
		args = append([]string{args[0], "-exec=" + quote(script)}, args[1:]...)
	}
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	cmd := osexec.CommandContext(ctx, m.t.command, args...)
	cmd.Dir = dir
	cmd.Env = append(goEnv(env), "GOTOOLCHAIN=local", "GOFLAGS="+m.t.settings["GOFLAGS"]+" -mod=mod", "PWD="+dir)
	stdout, stderr := &scrub{to: c.Stdout, dir: dir}, &scrub{to: c.Stderr, dir: dir}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = time.Second
	inGroup(cmd)
	err = cmd.Run()
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return errors.Join(err, stdout.flush(), stderr.flush())
}

// quoteShell makes one word of a path for a shell.
func quoteShell(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// copyTo puts the module's go.mod and go.sum into another folder, with what makes the packages
// of this module, which cells import, to be had.
func (m *Module) copyTo(dir string) error {
	mod, err := m.file()
	if err != nil {
		return err
	}
	source := filepath.Join(m.t.dir, "source")
	if err := errors.Join(mod.AddRequire("lockstep", "v0.0.0"), mod.AddReplace("lockstep", "", source, "")); err != nil {
		return err
	}
	for _, r := range slices.Clone(mod.Replace) {
		if folder := m.replaced(mod, r.Old.Path); folder != "" {
			if err := mod.AddReplace(r.Old.Path, r.Old.Version, folder, ""); err != nil {
				return err
			}
		}
	}
	out, err := mod.Format()
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(m.dir, "go.sum"))
	return errors.Join(err, os.WriteFile(filepath.Join(dir, "go.mod"), out, 0o600), os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600))
}

// scrub takes a folder out of the names of files in a text that comes in pieces.
type scrub struct {
	to   io.Writer
	dir  string
	rest []byte // the beginning of a line that may hold one
}

// Write implements [io.Writer].
func (s *scrub) Write(p []byte) (int, error) {
	s.rest = append(s.rest, p...)
	end := bytes.LastIndexByte(s.rest, '\n') + 1
	err := s.send(s.rest[:end])
	s.rest = append(s.rest[:0], s.rest[end:]...)
	return len(p), err
}

// flush sends a last line that has no end.
func (s *scrub) flush() error {
	err := s.send(s.rest)
	s.rest = nil
	return err
}

func (s *scrub) send(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	text = bytes.ReplaceAll(text, []byte(s.dir+string(filepath.Separator)), nil)
	text = bytes.ReplaceAll(text, []byte("."+string(filepath.Separator)+"cell "), []byte("cell "))
	_, err := s.to.Write(text)
	return err
}
