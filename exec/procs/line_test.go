//go:build linux

package procs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lockstep/exec/procs"
	"lockstep/exec/shm"
)

// TestAsk has a process ask from several goroutines at once, of whose questions one waits until it is withdrawn.
func TestAsk(t *testing.T) {
	ways(t, func(t *testing.T, shared ...*shm.Region) {
		o := procs.Options{Command: self("worker"), Line: true}
		if len(shared) > 0 {
			o.Region = shared[0]
		}
		cs, err := procs.NewChildren(o, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer cs.Close()
		c := start(t, cs)
		pid := c.PID()
		j := &procs.Job{Program: cs.NewProgram([]byte("ask"))}
		ask := func(ctx context.Context, request []byte) ([]byte, error) {
			switch s := string(request); {
			case s == "wait":
				<-ctx.Done()
				return nil, errors.New("withdrawn")
			case strings.HasSuffix(s, "2"):
				return nil, errors.New("no " + s)
			default:
				return []byte("yes " + s), nil
			}
		}
		for round := range 2 {
			var got []string
			err := c.Do(&procs.Calls{Job: j, Workers: 1, Arguments: [][]byte{[]byte("a"), []byte("b")}, Ask: ask,
				Done: func(_ int, c *procs.Called) { got = append(got, string(c.Value)+c.Error) }})
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range []string{"a", "b"} {
				want := fmt.Sprintf("yes %[1]s0, yes %[1]s1, error: no %[1]s2, yes %[1]s3, error: withdrawn", a)
				if got[i] != want {
					t.Errorf("round %d: got %q, want %q", round, got[i], want)
				}
			}
		}
		// Who has asked is fit for other work, and without Calls.Ask nothing can be asked for.
		c.Rest()
		if c = start(t, cs); c.PID() != pid {
			t.Error("a process that has asked was not kept")
		}
		got, _, err := do(c, j, "c")
		if err != nil || !strings.Contains(got[0], "error: nothing can be asked for") {
			t.Errorf("without Ask: got %q, %v", got, err)
		}
		c.Rest()
	})
}

// TestAskOfNobody is in a process without a line.
func TestAskOfNobody(t *testing.T) {
	cs := newChildren(t, 0)
	c := start(t, cs)
	defer c.Close()
	got, _, err := do(c, &procs.Job{Program: cs.NewProgram([]byte("ask"))}, "a")
	if want := "error: " + procs.ErrNoLine.Error(); err != nil || strings.Count(got[0], want) != 5 {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// TestAProcessDiesThatAsks ends what answers it.
func TestAProcessDiesThatAsks(t *testing.T) {
	cs, err := procs.NewChildren(procs.Options{Command: self("worker"), Line: true}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, cs)
	defer c.Close()
	ended := make(chan struct{})
	err = c.Do(&procs.Calls{Job: &procs.Job{Program: cs.NewProgram([]byte("ask and die"))}, Workers: 1, Arguments: [][]byte{nil}, Done: func(int, *procs.Called) {},
		Ask: func(ctx context.Context, request []byte) ([]byte, error) {
			if string(request) == "die" {
				c.Kill()
				return nil, nil
			}
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		}})
	if _, ok := errors.AsType[*procs.ExitError](err); !ok {
		t.Errorf("got %v, want how it ended", err)
	}
	<-ended
}
