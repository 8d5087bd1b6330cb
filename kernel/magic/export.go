package magic

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lockstep/exec/measure"
	"lockstep/exec/render"
)

// export is a file that a result goes to.
type export struct {
	flag   string
	path   string
	render func(io.Writer, measure.Result) error
}

// exports returns the files that the flags name, all of which can be written.
func (c *comparison) exports(ctx context.Context, in *invocation) ([]export, error) {
	var all []export
	for _, e := range []export{
		{"--json", c.json, render.JSON},
		{"--csv", c.csv, render.CSV},
		{"--trace", c.trace, render.Trace},
	} {
		if e.path == "" {
			if in.flags.Changed(e.flag[2:]) {
				return nil, fmt.Errorf("%s needs the name of a file", e.flag)
			}
			continue
		}
		var err error
		if e.path, err = in.resolve(ctx, e.path); err != nil {
			return nil, fmt.Errorf("%s: %w", e.flag, err)
		}
		if err := writable(e.path); err != nil {
			return nil, fmt.Errorf("%s cannot be written: %s", e.flag, plain(err))
		}
		for _, other := range all {
			if other.path == e.path {
				return nil, fmt.Errorf("%s and %s must name different files, got %s for both", other.flag, e.flag, e.path)
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// writable finds out whether a file can be written, and leaves no trace.
func writable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s: not a regular file", path) // opening a pipe would wait for its reader
	case err == nil:
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return file.Close()
	case !os.IsNotExist(err):
		return err
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Remove(path)
}

func (e export) save(r measure.Result) error {
	file, err := os.Create(e.path)
	if err != nil {
		return fmt.Errorf("%s: %s", e.flag, plain(err))
	}
	err = e.render(file, r)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("%s: %s", e.flag, plain(err))
	}
	return nil
}
