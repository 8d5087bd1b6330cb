// Lockstep is a Jupyter kernel for Go whose subject is concurrency. See
// README.md for its use and ARCHITECTURE.md for how it is built.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"lockstep/kernel/session"
	"lockstep/notebooks/cli"
)

func main() {
	// A session or worker process is decided on before anything else starts.
	if status, ok := session.Main(os.Args[1:], nil); ok {
		os.Exit(status)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out a command line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "lockstep",
		Short:         "A Jupyter kernel for Go whose subject is concurrency",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(kernelCommand(), cli.Run(prepareNative), cli.Export(), labCommand(), nodeCommand(), installCommand(), uninstallCommand(), doctorCommand(), versionCommand())
	err := root.ExecuteContext(ctx)
	var exit *cli.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.Err != nil {
			fmt.Fprintln(stderr, "lockstep:", exit.Err)
		}
		return exit.Code
	}
	fmt.Fprintln(stderr, "lockstep:", err)
	return 1
}
