package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"lockstep/install"
	"lockstep/kernel/live"
	"lockstep/kernel/native"
	"lockstep/notebooks/cli"
)

// engineSetting is the engine of a kernel.
func engineSetting() string { return cmp.Or(os.Getenv(cli.EngineVariable), live.Auto) }

// findNative looks for the toolchain of a kernel's session.
func findNative(log *slog.Logger) func(context.Context) (*native.Toolchain, error) {
	return func(ctx context.Context) (*native.Toolchain, error) {
		return native.Find(ctx, native.Options{Source: source, Logger: log})
	}
}

// prepareNative makes the native engine ready, or says why there is none. A
// kernel without it is installed all the same, so only an end of ctx is an error.
func prepareNative(ctx context.Context, w io.Writer) error {
	t, err := native.Find(ctx, native.Options{Source: source})
	if err == nil {
		err = t.Prepare(ctx, func(text string) { fmt.Fprintln(w, "native engine:", text) })
	}
	if err == nil {
		fmt.Fprintf(w, "native engine: ready (%s, %s)\n", t.Version(), t.Cache())
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	fmt.Fprintf(w, "native engine: none, and the interp engine serves the cells: %v\n", err)
	if missing, ok := errors.AsType[*native.MissingError](err); ok && missing.Advice != "" {
		fmt.Fprintf(w, "for all of Go at full speed %s\n", missing.Advice)
	}
	return nil
}

// nativeFinding tells how the native engine stands.
func nativeFinding(ctx context.Context) install.Finding {
	f := install.Finding{Name: "native engine"}
	t, err := native.Find(ctx, native.Options{Source: source})
	missing, isMissing := errors.AsType[*native.MissingError](err)
	switch {
	case isMissing:
		f.State, f.Detail = install.Missing, missing.What
		f.Advice = "the interp engine serves the cells"
		if missing.Advice != "" {
			f.Advice += "; for all of Go at full speed " + missing.Advice
		}
	case err != nil:
		f.State, f.Detail = install.Problem, err.Error()
		f.Advice = "the interp engine serves the cells; `go env` may tell more"
	case !t.Ready():
		f.State, f.Detail = install.Missing, fmt.Sprintf("%s can serve it, but it is not ready; it will be kept in %s", t.Version(), t.Cache())
		f.Advice = "run `lockstep install`, or let the first session do it, which takes up to a minute"
	default:
		u := t.Usage()
		f.Detail = fmt.Sprintf("ready with %s; %d units and %d MB in %s", t.Version(), u.Units, u.Bytes>>20, t.Cache())
	}
	return f
}
