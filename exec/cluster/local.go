package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"lockstep/exec/procs"
)

// TokenVariable is the environment variable in which a node finds the server's token, as the arguments of a
// process are for everybody to see.
const TokenVariable = "LOCKSTEP_NATS_TOKEN"

// LocalOptions say what a cluster on this machine has. Nodes, Slots and Argv must be given.
type LocalOptions struct {
	Options     // without Access and Seed, which are made
	Nodes   int // node processes
	Slots   int // of each
	// Argv starts the program with its command node, whose flags follow.
	Argv []string
	// Host is the program for compiled units; "" if there is none.
	Host string
	// Stderr is where nodes tell of what goes wrong; nil: nowhere.
	Stderr io.Writer
	// Guard ends the nodes, and removes what they have stored, if this process does not come to it; nil: nobody does.
	Guard *procs.Guard
}

// Local is a cluster on this machine: an embedded server, and nodes as processes.
type Local struct {
	*Cluster
	folder *procs.Folder
	server *Server
	o      LocalOptions
	public string // key that nodes trust
	nodes  []*localNode
	once   sync.Once
}

// localNode is a node process. It ends when stdin does, also with this process.
type localNode struct {
	cmd   *osexec.Cmd
	stdin io.Closer
	gone  chan struct{}
}

// Times for nodes to come and to go.
const (
	joinLimit  = 30 * time.Second
	leaveLimit = 3 * time.Second
)

// StartLocal starts a cluster on this machine, and returns when all nodes are there. Close it.
func StartLocal(ctx context.Context, o LocalOptions) (_ *Local, err error) {
	l := &Local{}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if l.folder, err = procs.NewFolder("cluster", o.Guard); err != nil {
		return nil, err
	}
	token := rand.Text()
	if l.server, err = StartServer(ServerOptions{Dir: filepath.Join(l.folder.Path, "store"), Token: token}); err != nil {
		return nil, err
	}
	o.Access = l.server.Access()
	if o.Seed, l.public, err = NewKey(); err != nil {
		return nil, err
	}
	l.o = o
	if l.Cluster, err = Connect(ctx, o.Options); err != nil {
		return nil, err
	}
	for i := range o.Nodes {
		n, err := l.start(i)
		if err != nil {
			return nil, err
		}
		l.nodes = append(l.nodes, n)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, joinLimit, fmt.Errorf("not all nodes came within %v", joinLimit))
	defer cancel()
	return l, l.await(ctx, o.Nodes*o.Slots)
}

// start starts the node with a number.
func (l *Local) start(i int) (*localNode, error) {
	args := slices.Concat(l.o.Argv[1:], []string{"--nats", l.server.URL(), "--slots", strconv.Itoa(l.o.Slots), "--name", "node" + strconv.Itoa(i+1), "--trust", l.public, "--attached",
		"--host", l.o.Host, "--dir", filepath.Join(l.folder.Path, "node"+strconv.Itoa(i+1))})
	n := &localNode{cmd: osexec.Command(l.o.Argv[0], args...), gone: make(chan struct{})}
	n.cmd.Env = append(os.Environ(), TokenVariable+"="+l.o.Token)
	n.cmd.Stderr = l.o.Stderr
	var err error
	if n.stdin, err = n.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	procs.LeadFamily(n.cmd) // an interrupt of this process is not for them
	if err := n.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a node: %w", err)
	}
	over := l.o.Guard.Family(n.cmd.Process.Pid)
	go func() {
		procs.Wait(n.cmd)
		over()
		close(n.gone)
	}()
	return n, nil
}

// Replace kills a node and starts another in its place.
func (l *Local) Replace(i int) error {
	old := l.nodes[i]
	if err := old.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("killing node %d: %w", i+1, err)
	}
	<-old.gone
	_ = old.stdin.Close() // nobody reads it
	n, err := l.start(i)
	if err == nil {
		l.nodes[i] = n
	}
	return err
}

// Options are those with which another connection to the cluster is made.
func (l *Local) Options() Options { return l.o.Options }

// await waits for the nodes, but not for those that have ended.
func (l *Local) await(ctx context.Context, slots int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for i, n := range l.nodes {
		go func() {
			select {
			case <-n.gone:
				cancel(fmt.Errorf("node %d ended at once: %s", i+1, n.cmd.ProcessState))
			case <-ctx.Done():
			}
		}()
	}
	return l.Await(ctx, slots)
}

// Nodes are the process ids of its nodes.
func (l *Local) Nodes() (pids []int) {
	for _, n := range l.nodes {
		pids = append(pids, n.cmd.Process.Pid)
	}
	return pids
}

// Close ends the nodes and the server, and removes what they have stored. It may be called more than once.
func (l *Local) Close() {
	l.once.Do(func() {
		if l.Cluster != nil {
			l.Cluster.Close()
		}
		for _, n := range l.nodes {
			_ = n.stdin.Close() // nothing is lost
		}
		limit := time.After(leaveLimit)
		for _, n := range l.nodes {
			select {
			case <-n.gone:
			case <-limit:
				_ = n.cmd.Process.Kill()
				<-n.gone
				limit = time.After(0)
			}
		}
		if l.server != nil {
			l.server.Close()
		}
		if l.folder != nil {
			_ = l.folder.Remove()
		}
	})
}
