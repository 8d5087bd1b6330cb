package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"sync"
	"time"

	"lockstep/exec/procs"
	"lockstep/kernel/wire"
	"lockstep/notebooks/nb"
)

// KernelOptions says which kernel [Start] starts. The zero value works.
type KernelOptions struct {
	// Command starts the kernel; the path of the connection file is added to it.
	// Nil is the running program with the argument "kernel".
	Command []string

	// Dir is the kernel's working directory, and so that of the cells; "" is
	// that of this process.
	Dir string

	// Env is added to the environment of this process.
	Env []string

	// StartTimeout is how long the kernel may take until it answers; 0 is 60 s.
	StartTimeout time.Duration

	// StopTimeout is how long it may take to end once it is told to; 0 is 3 s.
	// Then it gets SIGTERM, and a second later it is killed.
	StopTimeout time.Duration
}

const (
	// nbclient's. A first start may have to build things.
	defaultStartTimeout = 60 * time.Second
	// A little longer than the 2.5 s that Jupyter gives a kernel.
	defaultStopTimeout = 3 * time.Second
	terminateTimeout   = time.Second
)

// Kernel is a kernel process and the client connected to it. The one who started
// it stops it.
type Kernel struct {
	client *wire.Client
	cmd    *osexec.Cmd
	folder *procs.Folder // of the connection file, and of the sockets
	words  excerpt

	stopTimeout time.Duration

	exited chan struct{} // closed once the process has ended and err is set
	err    error

	once    sync.Once
	stopErr error
}

// errNotReady is the end of the time to start.
var errNotReady = errors.New("kernel is not ready")

// Start starts a kernel process and returns when it answers. ctx bounds the
// start alone; [Kernel.Stop] ends the process. The connection file, and where
// possible the sockets too, are in a new folder that only this user can enter.
//
// On Unix the kernel is in a process group of its own, so that a Ctrl-C at the
// terminal does not reach it, and it ends itself when this process is killed.
func Start(ctx context.Context, opts KernelOptions) (*Kernel, error) {
	command := opts.Command
	if command == nil {
		program, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("the path of the running program is unknown: %w", err)
		}
		command = []string{program, "kernel"}
	}
	folder, err := procs.NewFolder("run", nil)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder.Path, "kernel.json")
	if err := connection(folder.Path).WriteFile(file); err != nil {
		return nil, errors.Join(err, folder.Remove())
	}
	k := &Kernel{folder: folder, stopTimeout: cmp.Or(opts.StopTimeout, defaultStopTimeout), exited: make(chan struct{})}
	k.cmd = osexec.Command(command[0], append(command[1:len(command):len(command)], file)...)
	k.cmd.Dir = opts.Dir
	k.cmd.Env = append(append(os.Environ(), parentEnv()), opts.Env...)
	k.cmd.Stdout, k.cmd.Stderr = &k.words, &k.words
	k.cmd.WaitDelay = outputDelay
	apart(k.cmd)
	if err := k.cmd.Start(); err != nil {
		_ = folder.Remove()
		return nil, fmt.Errorf("kernel: %w", err)
	}
	go func() {
		defer close(k.exited)
		k.err = k.cmd.Wait()
	}()
	if err := k.connect(ctx, file, cmp.Or(opts.StartTimeout, defaultStartTimeout)); err != nil {
		k.kill()
		k.Stop()
		return nil, err
	}
	return k, nil
}

// outputDelay is how long the kernel's output is waited for once the kernel has
// ended. A process that it left behind may hold it open.
const outputDelay = time.Second

// connect waits until the kernel answers.
func (k *Kernel) connect(ctx context.Context, file string, most time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf("%w after %v", errNotReady, most))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-k.exited:
			end(fmt.Errorf("%w: %s", ErrKernelGone, k.lastWords()))
		case <-ctx.Done():
		}
	}()
	info, err := wire.WaitConnectionFile(ctx, file)
	if err == nil {
		k.client, err = wire.Dial(ctx, info, wire.ClientOptions{})
	}
	if err == nil {
		_, err = kernelInfo(ctx, k.client)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause // rather than what was just being tried
		if errors.Is(err, errNotReady) {
			err = fmt.Errorf("%w%s", err, k.words.quote())
		}
	}
	return err
}

// Client returns the client of the kernel. Stop closes it.
func (k *Kernel) Client() *wire.Client { return k.client }

// Run executes a notebook; see [Notebook]. If the kernel ends meanwhile, the
// error tells what it said last.
func (k *Kernel) Run(ctx context.Context, n *nb.Notebook, opts Options) (Result, error) {
	opts.lastWords = k.lastWords
	result, err := Notebook(ctx, k.client, n, opts)
	if errors.Is(err, wire.ErrClosed) {
		err = fmt.Errorf("%w: %s", ErrKernelGone, k.lastWords())
	}
	return result, err
}

// lastWords says how the kernel ended, and what it wrote to its standard error.
// The connection ends a moment before the process.
func (k *Kernel) lastWords() string {
	select {
	case <-k.exited:
	case <-time.After(2 * outputDelay):
		return "connection lost" + k.words.quote()
	}
	status := "exit status 0"
	if k.err != nil {
		status = k.err.Error()
	}
	return status + k.words.quote()
}

// Stop ends the kernel, and returns when its process is gone. The error says
// that the kernel had to be killed. Stop may be called more than once.
func (k *Kernel) Stop() error {
	k.once.Do(func() {
		k.stopErr = k.end()
		// What the kernel left behind in its group. The group's number was the
		// kernel's, which no process can have got anew in this instant.
		killGroup(k.cmd.Process.Pid)
		if k.client != nil {
			k.client.Close()
		}
		_ = k.folder.Remove()
	})
	return k.stopErr
}

// end makes the kernel end, less and less gently.
func (k *Kernel) end() error {
	if k.client != nil {
		k.client.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{})
		// Nobody else reads what the kernel still has to send, and it waits for that.
		for _, ch := range []wire.Channel{wire.Shell, wire.Control, wire.Stdin, wire.IOPub} {
			go func() {
				for range k.client.Receive(ch) { // until Close
				}
			}()
		}
		if k.within(k.stopTimeout) {
			return nil
		}
	}
	if terminate(k.cmd.Process) == nil && k.within(terminateTimeout) {
		return nil
	}
	k.kill()
	<-k.exited
	if k.client == nil {
		return nil // it never was ready
	}
	return fmt.Errorf("kernel was killed: it did not end within %v", k.stopTimeout+terminateTimeout)
}

// within tells whether the process ends before a time is over.
func (k *Kernel) within(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-k.exited:
		return true
	case <-timer.C:
		return false
	}
}

// kill ends the kernel and its children at once.
func (k *Kernel) kill() {
	killGroup(k.cmd.Process.Pid)
	k.cmd.Process.Kill()
}
