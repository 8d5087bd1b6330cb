//go:build unix

package cluster_test

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
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
	o.Access = s.Access()
	return rigAt(t, s.URL(), o, slots...)
}

func rigAt(t testing.TB, url string, o cluster.Options, slots ...int) *rig {
	t.Helper()
	r := &rig{t: t, url: url}
	if o.URL == "" {
		o.Access = cluster.Access{URL: url, Token: token}
	}
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

// served is a server of the test's own, with options that no other has.
func served(t *testing.T, o *natsserver.Options) *natsserver.Server {
	t.Helper()
	s, err := natsserver.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server takes no connections")
	}
	return s
}

// joinHere has a node in this process, and returns when it has joined; its worker processes are others.
func joinHere(t *testing.T, o cluster.NodeOptions) {
	t.Helper()
	o.Name, o.Program, o.Command = "n", "1", procs.Command{Path: os.Args[0], Args: []string{"worker"}}
	ctx, stop := context.WithCancel(context.Background())
	done, joined := make(chan error, 1), make(chan struct{})
	go func() { done <- cluster.Run(ctx, o, func(string) { close(joined) }) }()
	select {
	case <-joined:
	case err := <-done:
		stop()
		t.Fatalf("node: %v", err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("node: %v", err)
		}
	})
}
