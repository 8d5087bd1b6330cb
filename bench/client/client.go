// Package client runs kernels of a built program, each a process of its own, as Jupyter
// starts them, and speaks to them with a raw client.
package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"time"

	"lockstep/kernel/wire"
)

// Kernel is a running kernel with a client. It is not safe for concurrent use; stop it.
type Kernel struct {
	Process *os.Process
	Dir     string              // its working directory, with what it writes
	Info    wire.ConnectionInfo // for more clients: wire.Dial
	Client  *wire.Client
	Began   time.Time
	Ready   time.Duration // from the start to kernel_info_reply

	// Other, unless nil, gets what comes on iopub during Execute for other requests
	// than the cell's, such as the output of goroutines of earlier cells.
	Other func(*wire.Message)

	ended chan error
}

// LogFile is the name of the file with what a kernel writes on stderr.
const LogFile = "kernel.log"

// Start starts the program binary as a kernel and waits until it answers. Its
// connection file, history, log and caches of notebooks are in dir; env, NAME=VALUE, goes over the process's own environment.
func Start(ctx context.Context, binary, dir string, env ...string) (*Kernel, error) {
	file := filepath.Join(dir, fmt.Sprintf("connection-%d.json", time.Now().UnixNano()))
	if err := wire.NewConnectionInfo().WriteFile(file); err != nil {
		return nil, err
	}
	cmd := osexec.Command(binary, "kernel", file)
	log, err := os.Create(filepath.Join(dir, LogFile))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stderr = log
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "XDG_DATA_HOME="+dir), env...)
	k := &Kernel{Dir: dir, Began: time.Now(), ended: make(chan error, 1)}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	k.Process = cmd.Process
	go func() { k.ended <- cmd.Wait() }()
	if err := k.meet(ctx, file); err != nil {
		_ = k.Process.Kill()
		text, _ := os.ReadFile(log.Name())
		return nil, errors.Join(fmt.Errorf("the kernel does not answer: %w", err), <-k.ended, errors.New(string(text)))
	}
	return k, nil
}

func (k *Kernel) meet(ctx context.Context, file string) (err error) {
	if k.Info, err = wire.WaitConnectionFile(ctx, file); err != nil {
		return err
	}
	if k.Client, err = wire.Dial(ctx, k.Info, wire.ClientOptions{}); err != nil {
		return err
	}
	if _, err = k.Client.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{}); err != nil {
		return err
	}
	_, err = k.Client.ReceiveContext(ctx, wire.Shell)
	k.Ready = time.Since(k.Began)
	return err
}

// Execute runs a cell and returns its reply and what came on iopub until idle.
// A cell that fails is not an error of Execute: the reply says so.
func (k *Kernel) Execute(ctx context.Context, code string) (wire.ExecuteReplyContent, []*wire.Message, error) {
	var outs []*wire.Message
	reply, err := k.Client.Execute(ctx, wire.ExecuteRequestContent{Code: code, StoreHistory: true, StopOnError: true}, wire.ExecuteHandler{
		Output: func(m *wire.Message) error { outs = append(outs, m); return nil },
		Other: func(m *wire.Message) error {
			if k.Other != nil {
				k.Other(m)
			}
			return nil
		},
	})
	return reply, outs, err
}

// Stop asks the kernel to end and waits until it has.
func (k *Kernel) Stop() error {
	_, err := k.Client.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{})
	return errors.Join(err, <-k.ended, k.Client.Close())
}

// Kill ends the kernel as SIGKILL does.
func (k *Kernel) Kill() {
	_ = k.Process.Kill()
	<-k.ended
	_ = k.Client.Close()
}
