//go:build unix

package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"go.uber.org/goleak"

	"lockstep/notebooks/cli"
	"lockstep/notebooks/nb"
	"lockstep/notebooks/run/runtest"
)

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"lockstep": lockstep})
}

// leakless is tests that leave no goroutine.
type leakless struct{ *testing.M }

func (m leakless) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// lockstep is the program with the commands of this package and the kernel of
// runtest.
func lockstep() {
	root := &cobra.Command{Use: "lockstep", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(cli.Run(func(context.Context, io.Writer) error { return nil }), cli.Export(), &cobra.Command{
		Use:  "kernel FILE",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runtest.Serve(args[0]) },
	})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	err := root.ExecuteContext(ctx)
	stop()
	code := 0
	if exit, ok := errors.AsType[*cli.ExitError](err); ok {
		code, err = exit.Code, exit.Err
	} else if err != nil {
		code = 2
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockstep:", err)
	}
	os.Exit(code)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Values[stopped{}] = new(stopped)
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, "tmp"))
			// The race detector else waits for a second before a process exits.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return os.Mkdir(filepath.Join(env.WorkDir, "tmp"), 0o700)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"notebook": writeNotebook,
			"outputs":  showOutputs,
			"status":   status,
			"timeless": timeless,
			"pipe":     makePipe,
			"signal":   sendSignal,
			"ended":    ended,
			"hear":     hear,
			"tell":     tell,
		},
	})
}

// writeNotebook makes a notebook of text files, each of which begins a cell with
// every line of dashes; tags may follow the dashes.
//
//	notebook FILE.ipynb TEXT
func writeNotebook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: notebook FILE TEXT")
	}
	n := nb.New()
	for part := range strings.SplitSeq("---"+strings.TrimPrefix("\n"+ts.ReadFile(args[1]), "\n---"), "\n---") {
		tag, source, _ := strings.Cut(strings.TrimPrefix(part, "---"), "\n")
		source = strings.Trim(source, "\n")
		kind := nb.Code
		if strings.HasPrefix(source, "# ") {
			kind = nb.Markdown
		}
		c := nb.NewCell(kind, source)
		if tag = strings.TrimSpace(tag); tag != "" {
			c.AddTag(tag)
		}
		n.Cells = append(n.Cells, c)
	}
	n.Normalize()
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o700))
	ts.Check(nb.Write(ts.MkAbs(args[0]), n))
}

// showOutputs prints what the cells of a notebook show.
//
//	outputs FILE.ipynb
func showOutputs(ts *testscript.TestScript, neg bool, args []string) {
	n, err := nb.Read(ts.MkAbs(args[0]))
	ts.Check(err)
	for i := range n.Cells {
		if c := &n.Cells[i]; c.Type == nb.Code {
			fmt.Fprintf(ts.Stdout(), "[%d] %s\n", c.ExecutionCount, strings.ReplaceAll(strings.TrimSpace(c.OutputText()), "\n", " | "))
		}
	}
}

// status runs a command that is to end with an exit status.
//
//	status CODE COMMAND ARGUMENTS…
func status(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("got exit status %d, want %d", got, want)
	}
}

// makePipe makes a named pipe for the word "tell" of a cell.
func makePipe(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(syscall.Mkfifo(ts.MkAbs(args[0]), 0o600))
}

// hear waits until a cell tells something to a pipe.
func hear(ts *testscript.TestScript, neg bool, args []string) {
	_, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
}

// tell lets a cell go on that hears a pipe.
func tell(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("told\n"), 0o600))
}

var signals = map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}

// sendSignal waits until a cell tells that it runs, and sends a signal to the
// command in the background.
//
//	signal PIPE SIGNAL
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	hear(ts, neg, args)
	cmd := ts.BackgroundCmds()[0]
	ts.Value(stopped{}).(*stopped).cmd = cmd
	ts.Check(cmd.Process.Signal(signals[args[1]]))
}

// ended checks the exit status of the command that was stopped.
//
//	ended CODE
func ended(ts *testscript.TestScript, neg bool, args []string) {
	got := ts.Value(stopped{}).(*stopped).cmd.ProcessState.ExitCode()
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("got exit status %d, want %s", got, args[0])
	}
}

// stopped is the last command that was sent a signal.
type stopped struct{ cmd *exec.Cmd }

var times = regexp.MustCompile(`(time=")?\d+\.\d\d+( s|")`)

// timeless writes FILE.timeless, in which every time is X.
func timeless(ts *testscript.TestScript, neg bool, args []string) {
	out := times.ReplaceAllString(ts.ReadFile(args[0]), "${1}X$2")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".timeless"), []byte(out), 0o600))
}
