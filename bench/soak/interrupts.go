package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

const (
	// interruptLimit is what an interrupt may take, from the request to idle.
	interruptLimit = 500 * time.Millisecond
	// killLimit is the same where the session's process has to be ended.
	killLimit = 1500 * time.Millisecond
	// lostReply is how long a reply is waited for before it is given up.
	lostReply = 20 * time.Second
)

// endless are cells that do not end by themselves, or not soon. # is another number each time.
var endless = []string{
	"for {\n}",
	"select {}",
	"<-make(chan int)",
	"make(chan int) <- 1",
	"time.Sleep(time.Hour)",
	"for { fmt.Println(\"flood\") }",
	"func spin#() { for { } }\nspin#()",
	"func unused#(n int) int { return n + # }\nselect {\ncase <-time.After(time.Hour):\n}",
	"var line string\nfmt.Scanln(&line)",
	"var mu sync.Mutex\nmu.Lock()\nmu.Lock()",
	"var wg sync.WaitGroup\nfor range 4 { wg.Go(func() { for { } }) }\nwg.Wait()",
	"exec.Command(\"sleep\", \"60\").Run()",
	"l := lab.NewEvent()\nl.Wait()",
	"for { s := make([]int, 1000); slices.Sort(s) }",
	"%%simple -n 2 -r 1000\nfor range 100000 { }",
	"%%serialized -n 2 -r 1000\nfor range 100000 { }",
	"%%goroutines -n 2 -r 1000\nfor range 100000 { }",
	"%%async -n 2 -r 1000\nfor range 100000 { }",
	"%%subprocess -n 2 -r 1000\nfor range 100000 { }",
	"%%subprocess --spawn -n 2 -r 1000\nfor range 100000 { }",
	"%%hybrid --hybrid 2x2 -r 1000\nfor range 100000 { }",
	"%%compare -n 2 -r 1000\ntime.Sleep(10 * time.Millisecond)",
}

// interrupts stops random cells at random moments: each has one reply and is idle in time, and the session's
// state is right.
var interrupts = trial{"interrupts", "interrupts at random moments of random cells", 40, 1000, func(ctx context.Context, b *bed, n int, t *tally) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	d := &dialogue{k: k, replies: map[string]int{}}
	if _, err := d.run(ctx, "before := 0", 0); err != nil {
		return err
	}
	cells := slices.DeleteFunc(slices.Clone(endless), func(code string) bool { return !b.cells.MatchString(code) })
	if len(cells) == 0 {
		return fmt.Errorf("no cell has %v", b.cells)
	}
	took := map[string][]time.Duration{} // by the cell
	killed, before := 0, 0
	for i := range n {
		cell := cells[b.rand.IntN(len(cells))]
		code := strings.ReplaceAll(cell, "#", strconv.Itoa(i))
		after := time.Duration(b.rand.Int64N(int64(400 * time.Millisecond)))
		what := fmt.Sprintf("%d, after %v of %q", i, after.Round(time.Millisecond), code)
		e, err := d.run(ctx, code, after)
		if err != nil {
			t.check(what, err)
			return nil // the messages of the next one would be taken for this one's
		}
		took[cell] = append(took[cell], e.took)
		limit, ended := interruptLimit, killLimit
		if n < 100 { // the short form is for lost replies: it has to hold on a loaded machine
			limit, ended = 4*limit, 4*ended
		}
		gone := strings.Contains(strings.Join(e.reply.Traceback, "\n"), "process was ended")
		if gone {
			limit, before = ended, 0
			killed++
			t.note("ended: %s", what)
		}
		err = d.state(ctx, gone, before)
		before++
		switch {
		case err != nil:
		case e.reply.Status != wire.StatusError:
			err = fmt.Errorf("the cell ended with %s", e.reply.Status)
		case e.took > limit:
			err = fmt.Errorf("it took %v until idle", e.took)
		}
		t.check(what, err)
	}
	for id, count := range d.replies {
		if count != 1 {
			t.check("replies", fmt.Errorf("%d of them to the request %s", count, id))
		}
	}
	t.note("from the request to idle: %s; the session's process was ended %d times", spread(slices.Concat(slices.Collect(maps.Values(took))...)), killed)
	for _, cell := range cells {
		if len(took[cell]) > 0 {
			t.note("%4d × %-60q %s", len(took[cell]), cell, spread(took[cell]))
		}
	}
	return nil
}}

// spread tells of some times, of which there is one at least.
func spread(times []time.Duration) string {
	slices.Sort(times)
	at := func(i int) time.Duration { return times[i].Round(time.Millisecond) }
	return fmt.Sprintf("median %v, 99 of 100 within %v, at most %v", at(len(times)/2), at(len(times)*99/100), at(len(times)-1))
}

// dialogue speaks with a kernel and counts its replies.
type dialogue struct {
	k       *client.Kernel
	replies map[string]int // by the request
}

// ending is how a cell that may have been interrupted ended.
type ending struct {
	reply wire.ExecuteReplyContent
	value string
	took  time.Duration // from the interrupt to idle
}

// run runs a cell; if after is not 0 it interrupts it so long after it began. It waits for the reply, the status idle, and the
// reply to the interrupt.
func (d *dialogue) run(ctx context.Context, code string, after time.Duration) (ending, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, after+lostReply, errors.New("a reply is lost"))
	defer cancel()
	c := d.k.Client
	req, err := c.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: code, StoreHistory: true, AllowStdin: true})
	if err != nil {
		return ending{}, err
	}
	var e ending
	var asked time.Time
	var interrupt <-chan time.Time
	replied, idle, confirmed := false, false, after == 0
	for !replied || !idle || !confirmed {
		select {
		case <-interrupt:
			asked = time.Now()
			if _, err := c.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{}); err != nil {
				return e, err
			}
		case m := <-c.Receive(wire.Control):
			confirmed = confirmed || m.Header.MsgType == wire.InterruptReply
		case m := <-c.Receive(wire.Shell):
			if parent, err := m.Parent(); err == nil {
				d.replies[parent.MsgID]++
			}
			if m.IsReplyTo(req) {
				if e.reply, err = wire.Decode[wire.ExecuteReplyContent](m); err != nil {
					return e, err
				}
				replied = true
			}
		case m := <-c.Receive(wire.IOPub):
			if !m.IsReplyTo(req) {
				continue
			}
			switch m.Header.MsgType {
			case wire.ExecuteResult:
				e.value = printed(m)
			case wire.Status:
				s, err := wire.Decode[wire.StatusContent](m)
				if err != nil {
					return e, err
				}
				if idle = s.ExecutionState == wire.StateIdle; idle {
					e.took = time.Since(asked)
				} else if after > 0 { // not before: on another socket the interrupt may overtake the cell
					interrupt = time.After(after)
				}
			}
		case <-c.Receive(wire.Stdin): // the cell waits for a line that does not come
		case <-ctx.Done():
			return e, fmt.Errorf("%w: replied %v, idle %v, interrupt confirmed %v", context.Cause(ctx), replied, idle, confirmed)
		}
	}
	return e, nil
}

// state looks whether a variable has the value that it was given before the cell, and gives it the next one.
// Where the process was ended it is declared anew.
func (d *dialogue) state(ctx context.Context, lost bool, want int) error {
	if lost {
		if _, err := d.run(ctx, "before := 0", 0); err != nil {
			return err
		}
	}
	e, err := d.run(ctx, "before++\nbefore", 0)
	if err == nil && (e.reply.Status != wire.StatusOK || e.value != fmt.Sprint(want+1)) {
		err = fmt.Errorf("the next cell: %s %s %s, value %q, not %d", e.reply.Status, e.reply.EName, e.reply.EValue, e.value, want+1)
	}
	return err
}
