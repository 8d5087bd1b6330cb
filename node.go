package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"runtime"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"lockstep/exec/cluster"
	"lockstep/exec/procs"
	"lockstep/kernel/live"
	"lockstep/kernel/native"
	"lockstep/kernel/pipe"
	"lockstep/kernel/session"
)

// nodeCommandName is what the kernel starts nodes of this machine with.
const nodeCommandName = "node"

func nodeCommand() *cobra.Command {
	var o cluster.NodeOptions
	var tokenFile, engine, host, memory string
	var attached bool
	cmd := &cobra.Command{
		Use:   nodeCommandName + " --nats URL",
		Short: "Do tasks for the mode cluster, on this machine",
		Long: "node connects to a NATS server with JetStream and does tasks of notebooks there, each in a worker process, until it is stopped.\n" +
			"It runs whatever programs are sent to it: those that are signed with the key of --trust, or without that all that the server lets publish.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			if o.Slots < 1 {
				return fmt.Errorf("--slots must be at least 1, got %d", o.Slots)
			}
			var err error
			if o.Token, err = nodeToken(tokenFile); err != nil {
				return err
			}
			binary, err := os.Executable()
			if err != nil {
				return err
			}
			o.Program, o.Logger = version, log
			o.Command = procs.Command{Path: binary, Args: []string{session.WorkerRole}}
			if o.Command.Env, err = nodeEnviron(memory); err != nil {
				return err
			}
			if !cmd.Flags().Changed("host") {
				if host, err = nodeHost(ctx, engine, log); err != nil {
					if ctx.Err() != nil {
						return nil // it was to end before it was ready
					}
					return err
				}
			}
			if host != "" {
				o.Host = procs.Command{Path: host, Args: []string{session.WorkerRole}, Env: o.Command.Env}
			}
			if attached {
				var end context.CancelFunc
				ctx, end = context.WithCancel(ctx)
				defer end()
				go func() {
					_, _ = io.Copy(io.Discard, os.Stdin) // until whoever has started this is gone
					end()
				}()
			}
			return cluster.Run(ctx, o, func(name string) {
				log.Info("ready", "node", name, "slots", o.Slots, "version", cluster.ThisVersion(version).String(), "native", host != "")
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.URL, "nats", "", "`URL` of the server, nats://HOST:PORT or tls://HOST:PORT; several are separated by commas")
	f.StringVar(&o.Creds, "creds", "", "`FILE` with credentials for the server, as nsc makes them")
	f.StringVar(&o.NKey, "nkey", "", "`FILE` with the seed of an NKey that the server knows")
	f.StringVar(&tokenFile, "token-file", "", "`FILE` with the server's token; or it is in $"+cluster.TokenVariable)
	f.StringVar(&o.CA, "ca", "", "`FILE` with the certificates to trust")
	f.StringVar(&o.Trust, "trust", "", "public `KEY` with which programs must be signed")
	f.IntVar(&o.Slots, "slots", runtime.NumCPU(), "how many worker processes there are at once")
	f.StringSliceVar(&o.Tags, "tags", nil, "tags that runs can ask for, separated by commas")
	f.StringVar(&o.Name, "name", "", "what tables call the node (default the host's name)")
	f.StringVar(&o.Dir, "dir", "", "`FOLDER` for compiled units (default one that goes with the node)")
	f.StringVar(&memory, "memory", "", "`SIZE` that each worker process may take, as in 500MB or 4GiB (default no limit)")
	f.StringVar(&engine, "engine", live.Auto, "interp, or auto for compiled programs too where there is a Go toolchain")
	f.StringVar(&host, "host", "", "")
	f.BoolVar(&attached, "attached", false, "")
	_ = f.MarkHidden("host")
	_ = f.MarkHidden("attached")
	_ = cmd.MarkFlagRequired("nats")
	return cmd
}

// nodeToken is the server's token, "" if there is none. It is taken out of the environment, which worker processes inherit.
func nodeToken(file string) (string, error) {
	token := os.Getenv(cluster.TokenVariable)
	if err := os.Unsetenv(cluster.TokenVariable); err != nil {
		return "", err
	}
	if file == "" {
		return token, nil
	}
	token, err := cluster.ReadSecret(file)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	return token, nil
}

// nodeEnviron is the environment of worker processes.
func nodeEnviron(memory string) ([]string, error) {
	env := os.Environ()
	if memory == "" {
		return env, nil
	}
	n, err := humanize.ParseBytes(memory)
	if err != nil || n == 0 || n > math.MaxInt64 {
		return nil, fmt.Errorf("--memory must be a size such as 500MB or 4GiB, got %q", memory)
	}
	return append(env, fmt.Sprintf("%s=%d", pipe.MemoryVariable, n)), nil
}

// nodeHost is the program that loads compiled units, made ready if it is not; "" where there is none.
func nodeHost(ctx context.Context, engine string, log *slog.Logger) (string, error) {
	switch engine {
	case live.Interp:
		return "", nil
	case live.Auto, live.Native:
	default:
		return "", fmt.Errorf("--engine must be interp, native or auto, got %q", engine)
	}
	t, err := native.Find(ctx, native.Options{Source: source, Logger: log})
	if err == nil && !t.Ready() {
		log.Info("the native engine is being made ready for this machine, once")
		err = t.Prepare(ctx, func(text string) { log.Info("native engine", "step", text) })
	}
	switch {
	case err == nil:
		return t.Host(), nil
	case ctx.Err() != nil:
		return "", err
	case engine == live.Native:
		return "", errors.Join(errors.New("--engine native"), err)
	}
	log.Info("no native engine, so compiled programs are refused", "why", err)
	return "", nil
}
