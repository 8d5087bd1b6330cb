package cellsym

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"reflect"
	"runtime"
	"syscall"
	"time"

	"lockstep/kernel/display"
	"lockstep/kernel/rt"
	"lockstep/kernel/session/stdsym"
)

// replace fills s.replaced, and returns which interfaces the functions test
// their arguments for, in the form of yaegi's MapTypes: a function that
// replaces another tests for the same.
func (s *symbols) replace(h Host) map[reflect.Value][]reflect.Type {
	tests := stdsym.MapTypes()
	rows := make(map[reflect.Value][]reflect.Type)
	put := func(path, name string, original, f any) {
		if s.replaced[path] == nil {
			s.replaced[path] = make(map[string]reflect.Value)
		}
		v := reflect.ValueOf(f)
		s.replaced[path][name] = v
		if row := tests[reflect.ValueOf(original)]; row != nil {
			rows[v] = row
		}
	}
	show := s.shown
	showf := s.shownBy
	put("fmt", "Print", fmt.Print, func(a ...any) (int, error) { return fmt.Fprint(h.Stdout(), show(a)...) })
	put("fmt", "Printf", fmt.Printf, func(format string, a ...any) (int, error) {
		format, a = showf(format, a)
		return fmt.Fprintf(h.Stdout(), format, a...)
	})
	put("fmt", "Println", fmt.Println, func(a ...any) (int, error) { return fmt.Fprintln(h.Stdout(), show(a)...) })
	put("fmt", "Sprint", fmt.Sprint, func(a ...any) string { return fmt.Sprint(show(a)...) })
	put("fmt", "Sprintf", fmt.Sprintf, func(format string, a ...any) string {
		format, a = showf(format, a)
		return fmt.Sprintf(format, a...)
	})
	put("fmt", "Sprintln", fmt.Sprintln, func(a ...any) string { return fmt.Sprintln(show(a)...) })
	put("fmt", "Fprint", fmt.Fprint, func(w io.Writer, a ...any) (int, error) { return fmt.Fprint(w, show(a)...) })
	put("fmt", "Fprintf", fmt.Fprintf, func(w io.Writer, format string, a ...any) (int, error) {
		format, a = showf(format, a)
		return fmt.Fprintf(w, format, a...)
	})
	put("fmt", "Fprintln", fmt.Fprintln, func(w io.Writer, a ...any) (int, error) { return fmt.Fprintln(w, show(a)...) })
	put("fmt", "Errorf", fmt.Errorf, func(format string, a ...any) error {
		format, a = showf(format, a)
		return fmt.Errorf(format, a...)
	})
	put("fmt", "Scan", fmt.Scan, func(a ...any) (int, error) { return fmt.Fscan(h.Stdin(), a...) })
	put("fmt", "Scanf", fmt.Scanf, func(format string, a ...any) (int, error) { return fmt.Fscanf(h.Stdin(), format, a...) })
	put("fmt", "Scanln", fmt.Scanln, func(a ...any) (int, error) { return rt.ScanLine(h.Stdin(), a) })
	put("log", "Fatal", log.Fatal, func(a ...any) { fatal(h, fmt.Sprint(show(a)...)) })
	put("log", "Fatalf", log.Fatalf, func(format string, a ...any) {
		format, a = showf(format, a)
		fatal(h, fmt.Sprintf(format, a...))
	})
	put("log", "Fatalln", log.Fatalln, func(a ...any) { fatal(h, fmt.Sprintln(show(a)...)) })
	put("errors", "As", errors.As, s.as)
	put("errors", "Is", errors.Is, s.is)
	put("encoding/json", "Marshal", json.Marshal, s.marshalJSON)
	put("encoding/json", "MarshalIndent", json.MarshalIndent, s.marshalIndent)
	s.replaced["encoding/json"]["Unmarshal"] = reflect.ValueOf(s.unmarshalJSON) // it wants the pointer itself
	put("os", "Exit", os.Exit, h.Exit)
	put("syscall", "Exit", syscall.Exit, h.Exit)
	put("runtime", "Breakpoint", runtime.Breakpoint, func() { panic("runtime.Breakpoint: there is no debugger here") })
	put("time", "Sleep", time.Sleep, h.Sleep)
	put("flag", "NewFlagSet", flag.NewFlagSet, func(name string, on flag.ErrorHandling) *flag.FlagSet { return newFlagSet(h, name, on) })

	for _, f := range []struct {
		path, name string
		original   any
	}{
		{"fmt", "Append", fmt.Append}, {"fmt", "Appendf", fmt.Appendf}, {"fmt", "Appendln", fmt.Appendln},
		{"log", "Print", log.Print}, {"log", "Printf", log.Printf}, {"log", "Println", log.Println},
		{"log", "Panic", log.Panic}, {"log", "Panicf", log.Panicf}, {"log", "Panicln", log.Panicln},
	} {
		put(f.path, f.name, f.original, s.showing(f.original))
	}
	printed := tests[reflect.ValueOf(fmt.Println)]
	for name, f := range map[string]any{"Debug": slog.Debug, "Info": slog.Info, "Warn": slog.Warn, "Error": slog.Error, "Log": slog.Log} {
		put("log/slog", name, fmt.Println, s.showing(f))
	}
	rows[reflect.ValueOf(slog.Any)] = printed
	rows[reflect.ValueOf(display.JSON)] = tests[reflect.ValueOf(json.Marshal)]
	rows[reflect.ValueOf(display.Any)] = append(sourceInterfaces(), printed...)
	sourceComposed(rows)
	return rows
}

// showing returns a function like f, which has a parameter ...any, that takes
// what it prints out of yaegi's boxes.
func (s *symbols) showing(f any) any {
	v := reflect.ValueOf(f)
	last := v.Type().NumIn() - 1
	return reflect.MakeFunc(v.Type(), func(in []reflect.Value) []reflect.Value {
		list := in[last].Interface().([]any)
		if last > 0 && in[last-1].Kind() == reflect.String {
			format, shown := s.shownBy(in[last-1].String(), list)
			in[last-1], list = reflect.ValueOf(format), shown
		} else {
			list = s.shown(list)
		}
		in[last] = reflect.ValueOf(list)
		return v.CallSlice(in)
	}).Interface()
}

func fatal(h Host, text string) {
	const caller = 2 // of log.Fatal, as log.Output counts
	_ = log.Output(caller+1, text)
	h.Exit(1)
}

// newFlagSet is flag.NewFlagSet with a panic, the error of a cell, in place of
// the exit of the process.
func newFlagSet(h Host, name string, on flag.ErrorHandling) *flag.FlagSet {
	if on == flag.ExitOnError {
		on = flag.PanicOnError
	}
	set := flag.NewFlagSet(name, on)
	set.SetOutput(standardError{h})
	return set
}

// redirect sends to the host what the process has one of.
func redirect(h Host) {
	log.SetOutput(standardError{h})
	flag.CommandLine.Init(flag.CommandLine.Name(), flag.PanicOnError)
	flag.CommandLine.SetOutput(standardError{h})
}

// standardError writes to the standard error of the cell that writes.
type standardError struct{ h Host }

func (w standardError) Write(b []byte) (int, error) { return w.h.Stderr().Write(b) }
