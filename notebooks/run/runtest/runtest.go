// Package runtest is a kernel for tests of what executes notebooks: the real
// one, with a language of a few words in the place of Go. A cell has a word and
// its arguments on each line:
//
//	print TEXT        a line on stdout
//	warn TEXT         a line on stderr
//	show ID TEXT      a display with an id
//	update ID TEXT    other data for all displays of that id
//	clear, clear later
//	value TEXT        the value of the cell
//	fail NAME TEXT    an error, which ends the cell
//	folder            print the name of the working directory
//	env NAME          print an environment variable
//	NAME := TEXT      set a variable; so does =, as in Go
//	get NAME          print a variable
//	input             ask for a line and print it
//	tell FILE         write to a file, which may be a named pipe
//	hear FILE         read a file, which may be a named pipe
//	hold FILE         open a file for writing until the process ends
//	block             until interrupted
//	hang              until the kernel ends; interrupts are ignored
//	crash TEXT        end the kernel process with TEXT on its standard error
//
// Empty lines and those that begin with // mean nothing.
package runtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lockstep/kernel"
	"lockstep/kernel/display"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// Serve is the whole of a kernel process: it listens where the connection file
// says, until it is told to end.
func Serve(connectionFile string) error {
	sockets, err := wire.ListenFile(connectionFile, wire.Options{})
	if err != nil {
		return err
	}
	options := kernel.Options{ParentPID: kernel.ParentPID(os.Getenv)}
	return kernel.New(sockets, Interpreter(), options).Run(context.Background())
}

// Interpreter returns the language.
func Interpreter() lang.Interpreter {
	l := &language{closed: make(chan struct{}), variables: map[string]string{}}
	return &kerneltest.Interpreter{
		ExecuteFunc: l.execute,
		CloseFunc: func() error {
			close(l.closed)
			return nil
		},
	}
}

type language struct {
	closed    chan struct{} // by the end of the kernel
	held      []*os.File
	variables map[string]string
}

func (l *language) execute(ctx context.Context, req lang.Request, out lang.Output) lang.Result {
	var value *display.Bundle
	for line := range strings.Lines(req.Code) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		first, second, _ := strings.Cut(rest, " ")
		switch word {
		case "", "//":
		case "print":
			out.Stream("stdout", rest+"\n")
		case "warn":
			out.Stream("stderr", rest+"\n")
		case "show":
			out.Display(display.Message{Action: display.Show, ID: first, Bundle: kerneltest.Text(second)})
		case "update":
			out.Display(display.Message{Action: display.Update, ID: first, Bundle: kerneltest.Text(second)})
		case "clear":
			action := display.ClearNow
			if rest == "later" {
				action = display.ClearLater
			}
			out.Display(display.Message{Action: action})
		case "value":
			b := kerneltest.Text(rest)
			value = &b
		case "fail":
			return fail(first, second)
		case "folder":
			dir, err := os.Getwd()
			if err != nil {
				return fail("folder", err.Error())
			}
			out.Stream("stdout", filepath.Base(dir)+"\n")
		case "env":
			out.Stream("stdout", os.Getenv(rest)+"\n")
		case "input":
			text, err := out.Input(ctx, "? ", false)
			if err != nil {
				return fail("input", err.Error())
			}
			out.Stream("stdout", text+"\n")
		case "tell":
			if err := os.WriteFile(rest, []byte("told\n"), 0o600); err != nil {
				return fail("tell", err.Error())
			}
		case "hear":
			if _, err := os.ReadFile(rest); err != nil {
				return fail("hear", err.Error())
			}
		case "hold":
			f, err := os.OpenFile(rest, os.O_WRONLY, 0)
			if err != nil {
				return fail("hold", err.Error())
			}
			l.held = append(l.held, f)
		case "block":
			<-ctx.Done()
			return fail("interrupted", "the cell was stopped")
		case "hang":
			<-l.closed
			return fail("closed", "the kernel ended")
		case "crash":
			fmt.Fprintln(os.Stderr, rest)
			os.Exit(3)
		case "get":
			out.Stream("stdout", l.variables[rest]+"\n")
		default:
			if first == ":=" || first == "=" {
				l.variables[word] = second
				continue
			}
			return fail("word", fmt.Sprintf("unknown: %s", word))
		}
	}
	return lang.Result{Value: value}
}

func fail(name, text string) lang.Result {
	return lang.Result{Err: &lang.Error{Name: name, Value: text,
		Traceback: []string{"\x1b[31m" + name + "\x1b[0m: " + text, "    at line 1"}}}
}
