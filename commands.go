package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"lockstep/install"
	"lockstep/install/jupyter"
	"lockstep/kernel"
	"lockstep/kernel/history"
	"lockstep/kernel/live"
	"lockstep/kernel/session"
	"lockstep/kernel/wire"
	"lockstep/notebooks/cli"
)

// version is this program's version.
const version = "0.1.0"

func kernelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "kernel CONNECTION_FILE",
		Short: "Run as the kernel of a Jupyter client, which starts this by itself",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			tellMemory(log)
			binary, err := os.Executable()
			if err != nil {
				return err
			}
			sockets, err := wire.ListenFile(args[0], wire.Options{})
			if err != nil {
				return err
			}
			if info := sockets.Info(); info.IsExposed() {
				log.Warn("whoever reaches the kernel's ports can have it run code: the connection file has no key, and its address is not of this machine alone", "ip", info.IP)
			}
			path := os.Getenv(cli.HistoryVariable)
			if path == "" {
				if path, err = history.DefaultPath(); err != nil {
					log.Warn("history is kept in memory only", "err", err)
				}
			}
			if path == cli.NoHistory {
				path = "" // in memory
			}
			hist := history.Open(path, history.Options{Logger: log})
			sess := live.New(live.Options{Argv: []string{binary, session.SessionRole}, Node: []string{binary, nodeCommandName}, Guard: session.GuardRole, Version: version, Engine: engineSetting(), Native: findNative(log), History: hist, Logger: log})
			defer sess.Close()
			k := kernel.New(sockets, sess, kernel.Options{
				ImplementationVersion: version,
				Banner:                "Lockstep " + version + ": Go, and what concurrency costs. %lsmagic lists the magics.",
				History:               hist,
				Logger:                log,
				ParentPID:             kernel.ParentPID(os.Getenv),
				DirectParent:          os.Getenv(cli.ParentVariable) == cli.DirectParent,
			})
			return k.Run(cmd.Context())
		},
	}
}

func installCommand() *cobra.Command {
	opts := install.Options{Version: version}
	var noNative bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Make the kernel known to Jupyter",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := install.Install(cmd.Context(), opts)
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), report)
			if noNative {
				return nil
			}
			return prepareNative(cmd.Context(), cmd.OutOrStdout())
		},
	}
	placeFlags(cmd, &opts)
	cmd.Flags().BoolVar(&noNative, "no-native", false, "do not make the native engine ready; the first session does it then")
	cmd.Flags().StringVar(&opts.DisplayName, "display-name", "", "name that Jupyter shows")
	cmd.Flags().StringToStringVar(&opts.Env, "env", nil, "NAME=VALUE set in the kernel's environment")
	return cmd
}

func uninstallCommand() *cobra.Command {
	opts := install.Options{Version: version}
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Remove the kernel from Jupyter",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := install.Uninstall(cmd.Context(), opts)
			if err == nil {
				fmt.Fprint(cmd.OutOrStdout(), report)
			}
			return err
		},
	}
	placeFlags(cmd, &opts)
	return cmd
}

// placeFlags are those of every Jupyter kernel's installer.
func placeFlags(cmd *cobra.Command, opts *install.Options) {
	f := cmd.Flags()
	f.BoolVar(&opts.User, "user", false, "for the current user (the default)")
	f.BoolVar(&opts.SysPrefix, "sys-prefix", false, "in the active Python environment")
	f.StringVar(&opts.Prefix, "prefix", "", "under `FOLDER`/share/jupyter")
	f.StringVar(&opts.Name, "name", "", "the kernel's name (default lockstep)")
}

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Tell what is found, what is missing, and what to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := append(install.Doctor(cmd.Context(), install.System{}), nativeFinding(cmd.Context()))
			if err := install.Print(cmd.OutOrStdout(), findings); err != nil {
				return err
			}
			if n := install.Problems(findings); n > 0 {
				return &cli.ExitError{Code: 1}
			}
			return nil
		},
	}
}

func labCommand() *cobra.Command {
	opts := jupyter.Options{Version: version}
	cmd := &cobra.Command{
		Use:   "lab [FOLDER] [-- ARGUMENTS]",
		Short: "Open JupyterLab on a folder, the lessons by default",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if n := cmd.ArgsLenAtDash(); n >= 0 {
				args, opts.Args = args[:n], args[n:]
			}
			switch {
			case len(args) > 1:
				return fmt.Errorf("lab: one folder at most, got %d", len(args))
			case len(args) == 1:
				dir = args[0]
			default:
				if _, err := os.Stat("notebooks/lessons"); err == nil {
					dir = "notebooks/lessons"
				}
			}
			return jupyter.Lab(cmd.Context(), dir, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Private, "private", false, "use Lockstep's own Python environment even where jupyter-lab is installed")
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			yaegi := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, d := range info.Deps {
					if d.Path == "github.com/traefik/yaegi" {
						yaegi = d.Version
					}
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "lockstep %s (%s %s/%s, yaegi %s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, yaegi)
			return err
		},
	}
}
