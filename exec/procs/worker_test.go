//go:build linux

package procs_test

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	osexec "os/exec"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
)

// The test binary is its own worker, and its own session where a test needs one
// that can be killed.
const role = "PROCS_TEST_ROLE"

// guardRole is the argument of a guard.
const guardRole = "stand-guard"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == guardRole {
		if err := procs.StandGuard(os.Stdin); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	switch os.Getenv(role) {
	case "charger":
		charger()
	case "worker":
		os.Exit(worker())
	case "session":
		os.Exit(session())
	case "keeper":
		keeper()
	case "mute": // starts, but says nothing
		time.Sleep(time.Hour)
	}
	goleak.VerifyTestMain(m)
}

func worker() int {
	r, w, err := procs.Pipes()
	if err == nil {
		err = procs.Serve(r, w, loadTest)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		return 1
	}
	return 0
}

type point struct {
	X    int
	tags map[string]int
	next *point
}

// captured is the variables that test workloads use.
type captured struct {
	number int
	data   []float64
	first  *point
	second *point
}

// loadTest finds a workload by its name.
func loadTest(program []byte) (procs.Loaded, error) {
	c := new(captured)
	name := string(program)
	switch name {
	case "load fails":
		return procs.Loaded{}, errors.New("3:7: undefined: x")
	case "load exits":
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(9)
	case "load hangs":
		fmt.Println("loading")
		select {}
	}
	if f, ok := callees[name]; ok {
		return procs.Loaded{Call: func(a []byte) ([]byte, error) { return f(string(a), c) }, Variable: func(string) (reflect.Value, error) {
			return reflect.ValueOf(&c.number).Elem(), nil
		}}, nil
	}
	f, ok := workloads[name]
	if !ok {
		return procs.Loaded{}, fmt.Errorf("no workload %q", name)
	}
	return procs.Loaded{
		Workload: exec.WorkloadFunc(func(w exec.Worker) (any, error) { return f(w, c) }),
		Variable: func(name string) (reflect.Value, error) {
			switch name {
			case "number":
				return reflect.ValueOf(&c.number).Elem(), nil
			case "data":
				return reflect.ValueOf(&c.data).Elem(), nil
			case "first":
				return reflect.ValueOf(&c.first).Elem(), nil
			case "second":
				return reflect.ValueOf(&c.second).Elem(), nil
			}
			return reflect.Value{}, fmt.Errorf("no variable %s", name)
		},
		Show: exec.Show{Result: func(v any) string {
			if b, ok := v.([]byte); ok {
				return fmt.Sprint(len(b), " bytes")
			}
			return fmt.Sprintf("%#v", v)
		}, Encode: func(v any) ([]byte, error) {
			return value.Marshal(reflect.ValueOf(v), value.Options{})
		}},
	}, nil
}

var workloads = map[string]func(exec.Worker, *captured) (any, error){
	"index": func(w exec.Worker, _ *captured) (any, error) { return w.Index*100 + w.Workers, nil },
	"sum": func(w exec.Worker, c *captured) (any, error) {
		sum := float64(c.number)
		for _, x := range c.data {
			sum += x
		}
		c.number++ // which the others must not see
		return sum, nil
	},
	"alias": func(w exec.Worker, c *captured) (any, error) {
		c.first.next.X++
		return []int{c.second.X, c.first.tags["a"]}, nil
	},
	"task": func(w exec.Worker, _ *captured) (any, error) { return w.Task, nil },
	"remember": func(w exec.Worker, c *captured) (any, error) {
		text := fmt.Sprintf("number %d, tags %v, worker %d", c.number, c.first.tags, w.Index)
		c.number++
		c.first.tags["b"]++
		return text, nil
	},
	"leaves a goroutine": func(exec.Worker, *captured) (any, error) {
		go func() { select {} }()
		return nil, nil
	},
	"closes stdout": func(exec.Worker, *captured) (any, error) { return nil, os.Stdout.Close() },
	"large":         func(exec.Worker, *captured) (any, error) { return make([]byte, 10<<20), nil },
	"error":         func(exec.Worker, *captured) (any, error) { return nil, errors.New("no luck") },
	"panic in 1": func(w exec.Worker, _ *captured) (any, error) {
		if w.Index == 1 {
			panic("boom")
		}
		return "fine", nil
	},
	"exit in 1": func(w exec.Worker, _ *captured) (any, error) {
		if w.Index == 1 {
			os.Exit(3)
		}
		return "fine", nil
	},
	"exit 0": func(exec.Worker, *captured) (any, error) { os.Exit(0); return nil, nil },
	"kill in 1": func(w exec.Worker, _ *captured) (any, error) {
		if w.Index == 1 {
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				return nil, err
			}
			select {}
		}
		return "fine", nil
	},
	"goroutine panics": func(exec.Worker, *captured) (any, error) {
		go panic("far away")
		select {}
	},
	"stack overflow": func(exec.Worker, *captured) (any, error) {
		debug.SetMaxStack(1 << 20) // the usual 1 GB takes long to fill
		var f func(int) int
		f = func(n int) int { return f(n+1) + 1 }
		return f(0), nil
	},
	"map writes": func(exec.Worker, *captured) (any, error) {
		m := map[int]int{}
		for range 8 {
			go func() {
				for {
					m[1] = 1
				}
			}()
		}
		select {}
	},
	"false alarm": func(exec.Worker, *captured) (any, error) {
		fmt.Fprint(os.Stderr, "before\npanic: not really\nafter\n")
		return 1, nil
	},
	"hang dying": func(exec.Worker, *captured) (any, error) { // as one whose report takes long
		fmt.Fprintln(os.Stderr, "fatal error: stack overflow\n\ngoroutine 1 [running]:")
		select {}
	},
	"hang in 1": func(w exec.Worker, _ *captured) (any, error) {
		if w.Index == 1 {
			select {}
		}
		return "fine", nil
	},
	"wait in 1": func(w exec.Worker, _ *captured) (any, error) { // where it can be stopped
		if w.Index == 1 {
			gil.Block(func() { <-gil.Done() })
			gil.Checkpoint()
		}
		return "fine", nil
	},
	"spin": func(exec.Worker, *captured) (any, error) {
		//lint:ignore SA5002 a worker that spins is what is wanted
		for {
		}
	},
	"print": func(w exec.Worker, _ *captured) (any, error) {
		for i := range 1000 {
			fmt.Println("line", w.Index, i)
		}
		fmt.Fprint(os.Stderr, "error ", w.Index)
		log.SetFlags(0)
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return nil, err
		}
		return nil, nil
	},
	"child": func(exec.Worker, *captured) (any, error) {
		// It inherits standard output and lives longer than the worker.
		cmd := osexec.Command("sleep", "1000")
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return cmd.Process.Pid, nil
	},
	"descriptors": func(exec.Worker, *captured) (any, error) {
		out, err := osexec.Command("ls", "/proc/self/fd").Output()
		return strings.Fields(string(out)), err
	},
	"work": func(exec.Worker, *captured) (any, error) {
		// A fixed amount of CPU time, whatever else the machine does.
		var sum uint64
		for i := range uint64(100_000_000) {
			sum += i * i
		}
		return sum, nil
	},
	"meet": func(w exec.Worker, _ *captured) (any, error) {
		// Opening a fifo waits for somebody to open the other end.
		mode := os.O_RDONLY
		if w.Index == 1 {
			mode = os.O_WRONLY
		}
		f, err := os.OpenFile(os.Getenv("PROCS_TEST_FIFO"), mode, 0)
		if err != nil {
			return nil, err
		}
		return "met", f.Close()
	},
	"memory": func(w exec.Worker, _ *captured) (any, error) {
		b := make([]byte, 64<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		return int(b[len(b)-4096]), nil
	},
	"goroutines": func(w exec.Worker, _ *captured) (any, error) { return os.Getpid(), nil },
}

// callees are what test calls call.
var callees = map[string]func(arguments string, c *captured) ([]byte, error){
	"echo":   func(a string, _ *captured) ([]byte, error) { return []byte(a), nil },
	"number": func(a string, c *captured) ([]byte, error) { c.number++; return fmt.Append(nil, a, c.number), nil },
	"fail": func(a string, _ *captured) ([]byte, error) {
		switch a {
		case "panic":
			panic("boom")
		case "error":
			return nil, errors.New("no luck")
		case "goexit":
			runtime.Goexit()
		case "goroutine":
			gil.Go(func() { panic("far away") })
			gil.Block(func() { <-gil.Done() })
			gil.Checkpoint()
		case "exit":
			os.Exit(3)
		case "kill":
			return nil, syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case "overflow":
			debug.SetMaxStack(1 << 20)
			var f func(int) int
			f = func(n int) int { return f(n+1) + 1 }
			return nil, fmt.Errorf("%d", f(0))
		}
		return []byte(a), nil
	},
	"write": func(a string, _ *captured) ([]byte, error) {
		procs.Written("stdout", []byte("written "+a+"\nno newline"))
		procs.Written("stderr", []byte("error "+a))
		return nil, nil
	},
	"endless": func(string, *captured) ([]byte, error) {
		procs.Written("stdout", []byte("begun\n"))
		//lint:ignore SA5002 a call that does not end is what is wanted
		for {
		}
	},
	"goroutine": func(string, *captured) ([]byte, error) { go func() { select {} }(); return nil, nil },
	// Several at once, and one that is withdrawn.
	"ask": func(a string, _ *captured) ([]byte, error) {
		answers := make([]string, 5)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				done := make(chan struct{})
				request := fmt.Sprint(a, i)
				if i == 4 {
					request = "wait"
					close(done)
				}
				answer, err := procs.Ask([]byte(request), done)
				answers[i] = string(answer)
				if err != nil {
					answers[i] = "error: " + err.Error()
				}
			})
		}
		all.Wait()
		return []byte(strings.Join(answers, ", ")), nil
	},
	"ask and die": func(string, *captured) ([]byte, error) {
		go func() { _, _ = procs.Ask([]byte("die"), nil) }()
		return procs.Ask([]byte("wait"), nil)
	},
	"chdir": func(string, *captured) ([]byte, error) { return nil, os.Chdir("/") },
}

// session runs a workload that does not end and says which processes it has
// started. It is there to be killed.
func session() int {
	p, err := procs.New(procs.Options{Command: self("worker"), Program: []byte(os.Getenv("PROCS_TEST_PROGRAM"))})
	if err != nil {
		return 1
	}
	if os.Getenv("PROCS_TEST_PROGRAM") == "calls" {
		return sessionCalls()
	}
	return sessionRun(p)
}

// sessionCalls has one process that waits for calls and one that is in an endless one.
func sessionCalls() int {
	cs, err := procs.NewChildren(procs.Options{Command: self("worker")}, 0)
	if err != nil {
		return 1
	}
	idle, err1 := cs.Start()
	busy, err2 := cs.Start()
	if err1 != nil || err2 != nil {
		return 1
	}
	if _, _, err := do(idle, &procs.Job{Program: cs.NewProgram([]byte("echo"))}, "a"); err != nil {
		return 1
	}
	_ = busy.Do(&procs.Calls{Job: &procs.Job{Program: cs.NewProgram([]byte("endless"))}, Workers: 1, Arguments: [][]byte{nil, nil},
		Done: func(int, *procs.Called) {},
		Output: func(string, string) {
			if gob.NewEncoder(os.Stdout).Encode([]int{idle.PID(), busy.PID()}) != nil {
				os.Exit(1)
			}
		}})
	return 0
}

func sessionRun(p *procs.Processes) int {
	crew, err := p.Prepare(contextBackground, exec.Shape{Processes: 2, Goroutines: 1})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := gob.NewEncoder(os.Stdout).Encode(procs.Pids(crew)); err != nil {
		return 1
	}
	if _, err := crew.Run(contextBackground); err != nil {
		return 1
	}
	return 0
}

func self(as string, env ...string) procs.Command {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	// The race detector would have each process sleep for a second at its end.
	env = append(env, role+"="+as, "GORACE=atexit_sleep_ms=0")
	return procs.Command{Path: path, Env: append(os.Environ(), env...)}
}
