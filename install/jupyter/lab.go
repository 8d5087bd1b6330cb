package jupyter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"lockstep/install"
)

// Options says how to start JupyterLab. The zero value starts the kernel of the
// running program.
type Options struct {
	// Binary is the program of the kernel; empty means the running one.
	Binary string
	// Version is the program's version.
	Version string
	// Args are further arguments for jupyter-lab, such as "--no-browser".
	Args []string
	// Private takes the private environment even where there is a jupyter-lab on PATH.
	Private bool
	// Stdout and Stderr are JupyterLab's; nil means the process's own. Progress goes
	// to Stderr.
	Stdout, Stderr io.Writer

	// CacheDir holds the private environment; empty means the folder lockstep in
	// [os.UserCacheDir].
	CacheDir string
	// Env is the environment of every command; nil means [os.Environ].
	Env []string
	// LookPath finds a command; nil means [osexec.LookPath].
	LookPath func(name string) (string, error)
}

// orDefaults fills what is not set.
func (o Options) orDefaults() (Options, error) {
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.LookPath == nil {
		o.LookPath = osexec.LookPath
	}
	if o.Binary == "" {
		file, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("the path of the running program is unknown: %w", err)
		}
		o.Binary = file
	}
	if o.CacheDir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return o, fmt.Errorf("the cache folder is unknown: %w", err)
		}
		o.CacheDir = filepath.Join(dir, "lockstep")
	}
	return o, nil
}

// stopLimit is how long JupyterLab may take to end its kernels before it is killed.
const stopLimit = 15 * time.Second

// Lab runs JupyterLab on path, a folder or a notebook, listening on this machine
// only, with the kernel of opts.Binary in it and as the one for new notebooks. It
// returns when JupyterLab ends. Where ctx is cancelled, or this process is told to
// end by a signal, JupyterLab is told to end its kernels and itself, and Lab
// returns nil.
func Lab(ctx context.Context, path string, opts Options) error {
	opts, err := opts.orDefaults()
	if err != nil {
		return err
	}
	root, file, err := open(path)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, endSignals...)
	defer stop()

	command, err := opts.command(ctx)
	if err != nil {
		return err
	}
	specs, err := os.MkdirTemp("", "lockstep-lab-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(specs)
	if _, err := (install.Spec{Binary: opts.Binary, Version: opts.Version}).Write(specs); err != nil {
		return err
	}
	args := slices.Concat(command.args, []string{
		"--ServerApp.ip=127.0.0.1",
		"--ServerApp.root_dir=" + root,
		"--MultiKernelManager.default_kernel_name=" + install.DefaultName,
	})
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root") // it refuses to start for root without
	}
	args = append(args, opts.Args...)
	if file != "" {
		args = append(args, file)
	}

	cmd := osexec.CommandContext(ctx, command.name, args...)
	cmd.Env = prepend(command.env, "JUPYTER_PATH", specs)
	cmd.Stdout, cmd.Stderr = opts.Stdout, opts.Stderr
	apart(cmd)
	cmd.Cancel = func() error { return terminate(cmd.Process) }
	cmd.WaitDelay = stopLimit
	fmt.Fprintf(opts.Stderr, "JupyterLab opens %s; Ctrl-C ends it\n", path)
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("JupyterLab (%s): %w", command.name, err)
	}
	return nil
}

// open says which folder JupyterLab shows for path, and which file it opens.
func open(path string) (root, file string, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return "", "", err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", "", err
	case info.IsDir():
		return path, "", nil
	case filepath.Ext(path) != ".ipynb":
		return "", "", fmt.Errorf("%s: want a folder or a notebook (.ipynb)", path)
	}
	return filepath.Dir(path), path, nil
}

// A command is how JupyterLab is started.
type command struct {
	name string
	args []string
	env  []string
}

// command finds JupyterLab, or makes it.
func (o Options) command(ctx context.Context) (command, error) {
	if !o.Private {
		if name, err := o.LookPath("jupyter-lab"); err == nil {
			return command{name: name, env: o.Env}, nil
		} else if !errors.Is(err, osexec.ErrNotFound) {
			return command{}, err
		}
	}
	python, err := Ensure(ctx, o)
	if err != nil {
		return command{}, err
	}
	// Its own terminals and the magics of its notebooks should find its commands.
	return command{name: python, args: []string{"-m", "jupyterlab"}, env: prepend(o.Env, "PATH", filepath.Dir(python))}, nil
}

// prepend returns a copy of env in which the list name begins with dir.
func prepend(env []string, name, dir string) []string {
	out := slices.Clone(env)
	for i, kv := range slices.Backward(out) { // the last one counts
		got, old, _ := strings.Cut(kv, "=")
		if got != name && (runtime.GOOS != "windows" || !strings.EqualFold(got, name)) {
			continue
		}
		if old != "" {
			dir += string(os.PathListSeparator) + old
		}
		out[i] = got + "=" + dir
		return out
	}
	return append(out, name+"="+dir)
}
