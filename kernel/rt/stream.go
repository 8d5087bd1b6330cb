package rt

import (
	"flag"
	"fmt"
	"io"
	"log"
	"strings"
)

// What follows stands for functions of the standard library that print and read
// through what the process has one of: these write to, and read from, the cell that calls them.

// Print is fmt.Print.
func Print(a ...any) (int, error) { return fmt.Fprint(host.Stdout(), a...) }

// Printf is fmt.Printf.
func Printf(format string, a ...any) (int, error) { return fmt.Fprintf(host.Stdout(), format, a...) }

// Println is fmt.Println.
func Println(a ...any) (int, error) { return fmt.Fprintln(host.Stdout(), a...) }

// Scan is fmt.Scan.
func Scan(a ...any) (int, error) { return fmt.Fscan(host.Stdin(), a...) }

// Scanf is fmt.Scanf.
func Scanf(format string, a ...any) (int, error) { return fmt.Fscanf(host.Stdin(), format, a...) }

// Scanln is fmt.Scanln for a user who types into a box: each call takes the
// whole of one line, and what is left of a line that was too long does not
// become the answer to the next question.
func Scanln(a ...any) (int, error) { return ScanLine(host.Stdin(), a) }

// ScanLine is [Scanln] from r.
func ScanLine(r io.Reader, a []any) (int, error) {
	var line strings.Builder
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(r, b); err != nil && (err != io.EOF || line.Len() == 0) {
			return 0, err
		} else if err != nil {
			break
		}
		line.Write(b)
		if b[0] == '\n' {
			break
		}
	}
	return fmt.Fscanln(strings.NewReader(line.String()), a...)
}

// Fatal is log.Fatal, which ends the cell and not the process.
func Fatal(a ...any) { fatal(fmt.Sprint(a...)) }

// Fatalf is log.Fatalf, likewise.
func Fatalf(format string, a ...any) { fatal(fmt.Sprintf(format, a...)) }

// Fatalln is log.Fatalln, likewise.
func Fatalln(a ...any) { fatal(fmt.Sprintln(a...)) }

// LoggerFatal is the method Fatal of a *log.Logger whose method Output is given; like Fatal it ends the cell.
func LoggerFatal(output func(int, string) error) func(a ...any) {
	return func(a ...any) { loggerFatal(output, fmt.Sprint(a...)) }
}

// LoggerFatalf is the method Fatalf, likewise.
func LoggerFatalf(output func(int, string) error) func(format string, a ...any) {
	return func(format string, a ...any) { loggerFatal(output, fmt.Sprintf(format, a...)) }
}

// LoggerFatalln is the method Fatalln, likewise.
func LoggerFatalln(output func(int, string) error) func(a ...any) {
	return func(a ...any) { loggerFatal(output, fmt.Sprintln(a...)) }
}

func loggerFatal(output func(int, string) error, text string) {
	const caller = 3 // the cell's line, as log.Output counts
	_ = output(caller, text)
	host.Exit(1)
}

func fatal(text string) {
	const caller = 3 // the cell's line, as log.Output counts
	_ = log.Output(caller, text)
	host.Exit(1)
}

// NewFlagSet is flag.NewFlagSet with a panic, the error of a cell, in place of
// the exit of the process.
func NewFlagSet(name string, on flag.ErrorHandling) *flag.FlagSet {
	if on == flag.ExitOnError {
		on = flag.PanicOnError
	}
	set := flag.NewFlagSet(name, on)
	set.SetOutput(Stderr)
	return set
}

// Stdin, Stdout and Stderr stand for those of package os where a reader or writer is wanted.
var (
	Stdin  stream = "stdin"
	Stdout stream = "stdout"
	Stderr stream = "stderr"
)

type stream string

func (s stream) Read(p []byte) (int, error) { return host.Stdin().Read(p) }

func (s stream) Write(p []byte) (int, error) {
	if s == "stdout" {
		return host.Stdout().Write(p)
	}
	return host.Stderr().Write(p)
}

func (s stream) WriteString(text string) (int, error) { return s.Write([]byte(text)) }
