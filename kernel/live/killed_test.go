//go:build unix

package live_test

import (
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockstep/exec/cluster"
	"lockstep/exec/procs"
	"lockstep/kernel/lang"
	"lockstep/kernel/live"
)

func init() {
	roles["kernel-role"], roles["guard-role"] = playKernel, playGuard
}

// playKernel runs cells as a kernel does, and goes on after the last until it is killed.
func playKernel(cells []string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	s := live.New(live.Options{Argv: []string{exe, "session-role"}, Node: []string{exe, "node-role"}, Guard: "guard-role", Version: "of the tests"})
	for i, code := range cells {
		if r := s.Execute(context.Background(), lang.Request{Code: code, Count: i + 1}, &recorder{}); r.Err != nil {
			return fmt.Errorf("cell %d: %s", i+1, r.Err.Value)
		}
	}
	select {}
}

// playGuard is the guard of a kernel, which tells the witness when it has ended.
func playGuard([]string) error {
	w, err := os.OpenFile(os.Getenv(witnessVariable), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer w.Close()
	return procs.StandGuard(os.Stdin)
}

const witnessVariable = "LOCKSTEP_TEST_WITNESS"

const endToken = "a token of the tests"

// outside is a server with two nodes of two slots, none of which belongs to a kernel.
func outside(t *testing.T) (connect string, nodes []*osexec.Cmd) {
	t.Helper()
	server, err := cluster.StartServer(cluster.ServerOptions{Dir: filepath.Join(t.TempDir(), "store"), Token: endToken})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	for i := range 2 {
		cmd := osexec.Command(os.Args[0], "node-role", "--nats", server.URL(), "--slots", "2", "--name", fmt.Sprint("outside", i))
		cmd.Env = append(os.Environ(), cluster.TokenVariable+"="+endToken)
		cmd.Stderr = os.Stderr
		stdin, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = stdin.Close()
			_ = cmd.Wait()
		})
		nodes = append(nodes, cmd)
	}
	c, err := cluster.Connect(t.Context(), cluster.Options{Access: cluster.Access{URL: server.URL(), Token: endToken}, Program: "of the tests"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Await(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(endToken), 0o600); err != nil {
		t.Fatal(err)
	}
	return "%cluster connect " + server.URL() + " --token-file " + file, nodes
}

// TestTheKernelIsKilled has that happen while a worker on a node holds a lock of the session and another waits for it: nothing that
// belonged to the kernel is left, and nodes that did not go on serving others.
func TestTheKernelIsKilled(t *testing.T) {
	t.Parallel() // nodes of others need eight seconds to find out
	for name, local := range map[string]bool{"local nodes": true, "nodes of an outside server": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			use := "%cluster local 2 --slots 1"
			var other *notebook
			var nodes []*osexec.Cmd
			if !local {
				use, nodes = outside(t)
				other = interpNotebook(t) // the nodes have no native engine
				other.must(use)
			}
			// Session, workers and guard have the witness open, kernel and nodes its stderr.
			w, temp := newWitness(t), t.TempDir()
			said, stderr, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer said.Close()
			tell := fmt.Sprintf("f, _ := os.OpenFile(%q, os.O_WRONLY, 0)\n", w.path)
			cmd := osexec.Command(os.Args[0], "kernel-role", use, strings.Replace(tell, "f, _ :=", "open, _ :=", 1)+"mu := lab.NewLock(\"mu\")",
				"%%cluster -n 2 -r 1\n"+tell+"defer f.Close()\nfmt.Fprintln(f, \"here\")\nmu.Lock()\nfmt.Fprintln(f, \"has it\")\nselect {}")
			cmd.Env, cmd.Stderr = append(os.Environ(), "TMPDIR="+temp, witnessVariable+"="+w.path), stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = stderr.Close()
			lines := []string{w.line(t), w.line(t), w.line(t)}
			if slices.Sort(lines); !slices.Equal(lines, []string{"has it", "here", "here"}) {
				t.Fatalf("got %q", lines)
			}
			if !local { // at the same time
				other.compare(t, "%%cluster -n 2 -r 1\nworker")
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if rest := w.end(t); rest != "" {
				t.Errorf("the lock has found another holder: %q", rest)
			}
			if err := said.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(said); err != nil || len(text) > 0 {
				t.Errorf("the kernel or its nodes: %q, %v", text, err)
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("files are left: %v, %v", left, err)
			}
			if local {
				return
			}
			for _, node := range nodes {
				if err := node.Process.Signal(syscall.Signal(0)); err != nil {
					t.Errorf("a node has ended: %v", err)
				}
			}
			other.must("%cluster status")
			o := outcomes(t, other.compare(t, "%%cluster -n 4 -r 1\nworker"), "cluster") // all slots are free
			for i, x := range o {
				if x.Result != fmt.Sprint(i) || !strings.HasPrefix(x.Node, "outside") {
					t.Errorf("worker %d: got %q, %q of node %q", i, x.Result, x.Error, x.Node)
				}
			}
		})
	}
}
