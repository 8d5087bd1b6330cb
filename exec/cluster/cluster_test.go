//go:build unix

package cluster_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"lockstep/exec/cluster"
	"lockstep/exec/procs"
	"lockstep/lab"
)

const token = "a token of the tests"

// The test binary plays the other roles too.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-") {
		lab.SetHost(&theHost)
		// nats.go starts it for what it puts into an object store, and forgets it if that was quick.
		goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
	}
	var err error
	switch os.Args[1] {
	case "worker":
		err = worker()
	case "node":
		err = node(os.Args[2:])
	case "server":
		err = server(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("there is no role %q", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// worker is a worker process: a program is the name of what it does with its arguments.
func worker() error {
	r, w, err := procs.Pipes()
	if err != nil {
		return err
	}
	lab.SetHost(&theHost)
	var number uint64
	var values []byte
	return procs.Serve(r, w, func(program []byte) (procs.Loaded, error) {
		f := programs[string(program)]
		if f == nil {
			return procs.Loaded{}, fmt.Errorf("there is no program %q", program)
		}
		return procs.Loaded{
			Call: func(arguments []byte) ([]byte, error) {
				if string(arguments) == "prime" {
					return nil, nil
				}
				return f(int(number), values, arguments)
			},
			Variable: func(string) (reflect.Value, error) { return reflect.ValueOf(&values).Elem(), nil },
			Begin: func(first int) {
				number = uint64(first)
				theHost.worker.Store(int64(first))
				lab.BeginRun(first)
			},
			End: lab.EndRun,
		}, nil
	})
}

var programs = map[string]func(worker int, values, arguments []byte) ([]byte, error){
	"echo": func(_ int, _, arguments []byte) ([]byte, error) { return arguments, nil },
	"sum": func(_ int, values, _ []byte) ([]byte, error) {
		return []byte(strconv.Itoa(bytes.Count(values, []byte{1}))), nil
	},
	"print": func(_ int, _, arguments []byte) ([]byte, error) {
		procs.Written("stdout", append(arguments, '\n'))
		return nil, nil
	},
	"panic": func(_ int, _, arguments []byte) ([]byte, error) { panic("on purpose: " + string(arguments)) },
	"large": func(int, []byte, []byte) ([]byte, error) { return bytes.Repeat([]byte{7}, large), nil },
	// The argument names a file. Who finds none makes it, tells in another who it is, and waits to be killed;
	// who finds one returns.
	"once": func(_ int, _, arguments []byte) ([]byte, error) {
		name := string(arguments)
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if os.IsExist(err) {
			return []byte("second"), nil
		}
		err = errors.Join(err, f.Close(), os.WriteFile(name+".new", fmt.Appendf(nil, "%d %d", os.Getpid(), os.Getppid()), 0o600), os.Rename(name+".new", name+".who"))
		for err == nil {
			if _, stop := os.Stat(name + ".go"); stop == nil {
				return []byte("first"), nil
			}
			time.Sleep(5 * time.Millisecond)
		}
		return nil, err
	},
	"poison": func(_ int, _, arguments []byte) ([]byte, error) {
		if string(arguments) == "3" {
			os.Exit(7)
		}
		return arguments, nil
	},
	// talk writes the name of the file in its argument, waits until that is there, and writes that it ends. If there is
	// another file with the ending .first, it removes that, tells its process in one with the ending .pid, and waits to be killed.
	"talk": func(_ int, _, arguments []byte) ([]byte, error) {
		name := string(arguments)
		first := os.Remove(name+".first") == nil
		if first {
			if err := os.WriteFile(name+".pid", number(os.Getpid()), 0o600); err != nil {
				return nil, err
			}
		}
		procs.Written("stdout", []byte("talking\n"))
		for {
			if _, err := os.Stat(name); err == nil && !first {
				procs.Written("stderr", []byte("the end\n"))
				return nil, nil
			}
			time.Sleep(5 * time.Millisecond)
		}
	},
	// burn takes 100 ms of CPU time and 64 MB of memory, and returns the CPU time that its process has taken in all. If the argument names a file that is not there, the process makes it and ends.
	"burn": func(_ int, _, arguments []byte) ([]byte, error) {
		big := bytes.Repeat([]byte{1}, 64<<20)
		for from := userTime(); userTime()-from < 100*time.Millisecond; {
			for i := range big[:1<<20] {
				big[i]++
			}
		}
		if name := string(arguments); name != "" {
			if f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
				_ = f.Close()
				os.Exit(7)
			}
		}
		return number(int(userTime())), nil
	},
	"nap": func(_ int, _, arguments []byte) ([]byte, error) {
		time.Sleep(20 * time.Millisecond)
		return arguments, nil
	},
}

func userTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano())
}

// node is a node process: URL SLOTS PROGRAM-VERSION TAGS TRUST.
func node(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	slots, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	o := cluster.NodeOptions{Access: cluster.Access{URL: args[0], Token: token}, Slots: slots, Program: args[2], Name: "n", Trust: args[4],
		Command: procs.Command{Path: os.Args[0], Args: []string{"worker"}}}
	if args[3] != "" {
		o.Tags = strings.Split(args[3], ",")
	}
	return cluster.Run(ctx, o, func(name string) { fmt.Println(name) })
}

// server is a server process: DIR PORT.
func server(dir, port string) error {
	n, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	s, err := cluster.StartServer(cluster.ServerOptions{Dir: dir, Token: token, Port: n})
	if err != nil {
		return err
	}
	fmt.Println(s.URL())
	select {}
}

// process is a process in another role.
type process struct {
	cmd  *osexec.Cmd
	line string // the first that it has written
}

func start(t testing.TB, args ...string) *process {
	t.Helper()
	p := &process{cmd: osexec.Command(os.Args[0], args...)}
	p.cmd.Stderr = os.Stderr
	p.cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir()) // one that is killed leaves its files
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	var line []byte
	for b := make([]byte, 1); ; line = append(line, b[0]) {
		if _, err := out.Read(b); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		if b[0] == '\n' {
			break
		}
	}
	p.line = string(line)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGCONT)
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// rig is a cluster with nodes as processes.
type rig struct {
	t     testing.TB
	url   string
	c     *cluster.Cluster
	nodes []*process
}

// newRig has a server in this process, and nodes with so many slots.
func newRig(t testing.TB, o cluster.Options, slots ...int) *rig {
	t.Helper()
	s, err := cluster.StartServer(cluster.ServerOptions{Dir: filepath.Join(t.TempDir(), "store"), Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return rigAt(t, s.URL(), o, slots...)
}

func rigAt(t testing.TB, url string, o cluster.Options, slots ...int) *rig {
	t.Helper()
	r := &rig{t: t, url: url}
	o.Access = cluster.Access{URL: url, Token: token}
	if o.Program == "" {
		o.Program = "1"
	}
	var err error
	if r.c, err = cluster.Connect(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.c.Close)
	all := 0
	for _, n := range slots {
		r.node(n, "1", "", "")
		all += n
	}
	if err := r.c.Await(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) node(slots int, version, tags, trust string) *process {
	r.t.Helper()
	p := start(r.t, "node", r.url, strconv.Itoa(slots), version, tags, trust)
	r.nodes = append(r.nodes, p)
	return p
}

func (r *rig) team(program string, values []byte, o cluster.TeamOptions) *cluster.Team {
	r.t.Helper()
	team, err := r.try(program, values, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return team
}

func (r *rig) try(program string, values []byte, o cluster.TeamOptions) (*cluster.Team, error) {
	r.t.Helper()
	job, err := r.c.Load(r.t.Context(), cluster.Program{Data: []byte(program), Values: values})
	if err != nil {
		return nil, err
	}
	o.Prime = []byte("prime")
	team, err := r.c.Team(r.t.Context(), job, o)
	if err == nil {
		r.t.Cleanup(team.Close)
	}
	return team, err
}

// do has n tasks done, whose arguments are their numbers, and checks that each has one result.
func (r *rig) do(team *cluster.Team, n int, arguments func(i int) []byte) []*cluster.Result {
	r.t.Helper()
	return r.collect(n, func(each func(*cluster.Result)) error {
		return team.Do(r.t.Context(), n, func(i int) (int, []byte) { return -1, arguments(i) }, each)
	})
}

// collect has n tasks done and returns their results, of which each has one.
func (r *rig) collect(n int, do func(each func(*cluster.Result)) error) []*cluster.Result {
	r.t.Helper()
	all := make([]*cluster.Result, n)
	err := do(func(x *cluster.Result) {
		if all[x.Index] != nil {
			r.t.Errorf("task %d has two results", x.Index)
		}
		all[x.Index] = x
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for i, x := range all {
		if x == nil {
			r.t.Fatalf("task %d has no result", i)
		}
	}
	return all
}

func number(i int) []byte { return []byte(strconv.Itoa(i)) }

// wantNumbers checks results that are their arguments.
func (r *rig) wantNumbers(all []*cluster.Result) {
	r.t.Helper()
	for i, x := range all {
		if got := string(x.Value); got != strconv.Itoa(i) || x.Failure != "" {
			r.t.Errorf("task %d: got %q %s %s", i, got, x.Failure, x.Error)
		}
	}
}

func TestTasks(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1, 2)
	team := r.team("echo", nil, cluster.TeamOptions{Seats: 3})
	r.wantNumbers(r.do(team, 1000, number))
	f := team.Figures()
	total := 0
	for _, n := range f.Nodes {
		total += n
	}
	if total != 1000 || f.Redelivered != 0 || f.Dead != 0 || f.Sent == 0 || f.Received == 0 || len(f.Queued) != 1000 {
		t.Errorf("figures: %+v", f)
	}
	// The same team again, by two at once.
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { r.wantNumbers(r.do(team, 50, number)) })
	}
	both.Wait()
}

func TestWhatTasksComeTo(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2)
	x := r.do(r.team("print", nil, cluster.TeamOptions{Seats: 1}), 3, number)
	if want := []cluster.Text{{Stream: "stdout", Text: "1\n"}}; !slices.Equal(x[1].Output, want) {
		t.Errorf("output: got %v, want %v", x[1].Output, want)
	}
	x = r.do(r.team("panic", nil, cluster.TeamOptions{Seats: 1}), 1, number)
	if x[0].Failure != "panic" || !strings.Contains(x[0].Error, "on purpose: 0") {
		t.Errorf("panic: got %+v", x[0])
	}
}

func TestSeats(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	_, err := r.try("echo", nil, cluster.TeamOptions{Seats: 3})
	if e, ok := errors.AsType[*cluster.PlaceError](err); !ok || !strings.Contains(e.Error(), "3 workers are wanted, and the cluster has 1 free slots on 1 nodes") {
		t.Errorf("too many seats: got %v", err)
	}
	_, err = r.try("nothing", nil, cluster.TeamOptions{Seats: 1})
	if err == nil || !strings.Contains(err.Error(), `there is no program "nothing"`) {
		t.Errorf("a program that cannot be loaded: got %v", err)
	}
	// What failed holds no slots.
	r.team("echo", nil, cluster.TeamOptions{Seats: 1}).Close()
	r.node(1, "1", "gpu,big", "")
	if err := r.c.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	x := r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1, Tags: []string{"gpu"}}), 1, number)
	if x[0].Node != r.nodes[1].line {
		t.Errorf("a task for gpu went to %s, want %s", x[0].Node, r.nodes[1].line)
	}
	if _, err := r.try("echo", nil, cluster.TeamOptions{Seats: 1, Tags: []string{"tpu"}}); err == nil || !strings.Contains(err.Error(), "has no tag tpu") {
		t.Errorf("a tag that no node has: got %v", err)
	}
}

// TestVariablesGoOnceToANode has many tasks and two runs use 100 MB (less under the race detector).
func TestVariablesGoOnceToANode(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2)
	values := encodeVariable(t, bytes.Repeat([]byte{1}, large))
	var sent int64
	for range 2 {
		team := r.team("sum", values, cluster.TeamOptions{Seats: 2})
		for i, x := range r.do(team, 10, number) {
			if string(x.Value) != strconv.Itoa(large) {
				t.Errorf("task %d: got %s %s", i, x.Value, x.Error)
			}
		}
		sent += team.Figures().Sent
		team.Close()
	}
	if size := int64(len(values)); sent < size || sent > size+1<<20 {
		t.Errorf("sent %d bytes, want those of the variables once: %d", sent, size)
	}
}

func TestSignedPrograms(t *testing.T) {
	seed, public, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, cluster.Options{Seed: seed})
	r.node(1, "1", "", public)
	if err := r.c.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 5, number))
	other, _, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, seed := range map[string][]byte{"another key": other, "no key": nil} {
		stranger := rigAt(t, r.url, cluster.Options{Seed: seed})
		if err := stranger.c.Await(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := stranger.try("echo", nil, cluster.TeamOptions{Seats: 1}); err == nil || !strings.Contains(err.Error(), "not signed with the key that this node trusts") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestOrdersAreCarriedOutOnce has somebody who sees orders send them again.
func TestOrdersAreCarriedOutOnce(t *testing.T) {
	seed, public, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, cluster.Options{Seed: seed})
	r.node(2, "1", "", public)
	r.node(2, "1", "other", public)
	if err := r.c.Await(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(r.url, nats.Token(token))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	orders, err := conn.SubscribeSync("lockstep.node.*.prepare")
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	team := r.team("echo", nil, cluster.TeamOptions{Seats: 1, Tags: []string{"other"}})
	order, err := orders.NextMsgWithContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	team.Close()
	for _, tt := range []struct{ name, subject, want string }{
		{"a copy", order.Subject, "has been here before"},
		{"for another node", "lockstep.node." + r.nodes[0].line + ".prepare", "the order is for node " + r.nodes[1].line + ", and this is " + r.nodes[0].line},
	} {
		answer, err := conn.RequestWithContext(t.Context(), tt.subject, order.Data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := cluster.Refusal(answer.Data); err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	for want, by := range map[string]time.Duration{"the order expired at ": -2 * time.Minute, "the order was issued at ": 2 * time.Minute} {
		r.c.ShiftClock(by)
		if _, err := r.try("echo", nil, cluster.TeamOptions{Seats: 1}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "this node's clock is at 20") {
			t.Errorf("a clock that is %v ahead: got %v, want %q", by, err, want)
		}
	}
	r.c.ShiftClock(10 * time.Second)
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 3, number))
}

func encodeVariable(t *testing.T, v []byte) []byte {
	t.Helper()
	data, err := procsValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMessages(t *testing.T) {
	for _, data := range [][]byte{nil, {1}, bytes.Repeat([]byte{255}, 40), binary.AppendVarint(nil, 1<<40)} {
		cluster.MustNotRead(t, data)
	}
}
