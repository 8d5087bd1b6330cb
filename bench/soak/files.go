package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/history"
	"lockstep/kernel/wire"
	"lockstep/notebooks/cli"
	"lockstep/notebooks/nb"
)

// files is what may happen to files: who writes them is killed, two write, nobody may write, or there is no room.
var files = trial{"files", "kills while history or a notebook is written; the rest once", 20, 1000, func(ctx context.Context, b *bed, n int, t *tally) error {
	for _, part := range []func(context.Context, *bed, int, *tally) error{historyKilled, historyShared, readOnlyHome, fullDisk, inPlaceKilled} {
		if err := part(ctx, b, n, t); err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return nil
}}

// inputsOf reads a history's file: the inputs of each session in the order of their lines.
func inputsOf(path string) (map[int][]string, error) {
	s := history.Open(path, history.Options{})
	defer s.Close()
	all, err := s.Tail(0)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil { // else it would have been of an empty one in memory
		return nil, err
	}
	inputs := map[int][]string{}
	for _, e := range all {
		inputs[e.Session] = append(inputs[e.Session], e.Input)
	}
	return inputs, nil
}

// historyKilled kills kernels while cells come fast. The history opens, and has all cells that were replied to.
func historyKilled(ctx context.Context, b *bed, n int, t *tally) error {
	path := filepath.Join(b.dir, "killed", "history.sqlite")
	defer os.RemoveAll(filepath.Dir(path))
	lost := 0
	for round := range n {
		k, err := b.start(ctx, cli.HistoryVariable+"="+path)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("// kill %d of %d", round, os.Getpid())
		replied, err := killAmid(ctx, k, name, b.rand.IntN(20))
		if err != nil {
			return err
		}
		inputs, err := inputsOf(path)
		if err == nil {
			kept := 0
			for _, session := range inputs {
				for i, input := range session {
					if strings.HasPrefix(input, name) {
						if kept++; input != fmt.Sprintf("%s, cell %d", name, i) {
							err = fmt.Errorf("the %d-th input is %q", i, input)
						}
					}
				}
			}
			if kept < replied {
				lost += replied - kept
				err = fmt.Errorf("it has %d of %d cells that were replied to", kept, replied)
			}
		}
		t.check(fmt.Sprintf("history killed, round %d", round), err)
	}
	t.note("history: %d kernels killed in the middle of cells, %d cells that were replied to are not in the file", n, lost)
	return nil
}

// killAmid sends cells, kills the kernel after so many replies, and tells how many there were.
func killAmid(ctx context.Context, k *client.Kernel, name string, after int) (replied int, err error) {
	defer k.Kill()
	for i := range after + 20 {
		if _, err := k.Client.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: fmt.Sprintf("%s, cell %d", name, i), StoreHistory: true}); err != nil {
			return 0, err
		}
	}
	for replied <= after {
		select {
		case m, ok := <-k.Client.Receive(wire.Shell):
			if !ok {
				return replied, fmt.Errorf("the kernel has ended by itself: %w", wire.ErrClosed)
			}
			if m.Header.MsgType == wire.ExecuteReply {
				replied++
			}
		case <-k.Client.Receive(wire.IOPub):
		case <-ctx.Done():
			return replied, ctx.Err()
		}
	}
	return replied, k.Process.Kill()
}

// historyShared has two kernels write into one history at once.
func historyShared(ctx context.Context, b *bed, n int, t *tally) error {
	path := filepath.Join(b.dir, "shared", "history.sqlite")
	defer os.RemoveAll(filepath.Dir(path))
	cells := 5 * n
	ends := make(chan error)
	for i := range 2 {
		go func() {
			k, err := b.start(ctx, cli.HistoryVariable+"="+path)
			for j := 0; j < cells && err == nil; j++ {
				err = expect(ctx, k, fmt.Sprintf("// kernel %d, cell %d", i, j), "")
			}
			if k != nil {
				err = errors.Join(err, k.Stop())
			}
			ends <- err
		}()
	}
	err := errors.Join(<-ends, <-ends)
	if err == nil {
		var inputs map[int][]string
		if inputs, err = inputsOf(path); err == nil && len(inputs) != 2 {
			err = fmt.Errorf("it has %d sessions", len(inputs))
		}
		for _, session := range inputs {
			for j, input := range session {
				if !strings.HasSuffix(input, fmt.Sprintf(", cell %d", j)) {
					err = fmt.Errorf("the input of a cell %d is %q", j, input)
				}
			}
			if len(session) != cells {
				err = fmt.Errorf("a session has %d of %d cells", len(session), cells)
			}
		}
	}
	t.check(fmt.Sprintf("two kernels, %d cells of each in one history", cells), err)
	return nil
}

// settledIn are what must work in a kernel that can write nothing.
func settledIn(ctx context.Context, k *client.Kernel, t *tally, where string) {
	r, err := execute(ctx, k, "import \"fmt\"\nfunc double(i int) int { return 2 * i }")
	switch said := r.text(); {
	case err != nil:
	case r.reply.Status != wire.StatusOK:
		err = fmt.Errorf("%s: %s", r.reply.EName, r.reply.EValue)
	case said != "" && !strings.Contains(said, "so cells are interpreted:"): // compiled cells need a place to be kept
		err = fmt.Errorf("it printed %q", said)
	case said != "":
		t.note("%s: %s", where, clip(strings.TrimSpace(said)))
	}
	t.check(where+", a declaration", err)
	for _, c := range []struct{ code, want string }{
		{"kept := double(21)\nfmt.Println(kept)", "42\n"},
		{"kept", "42"},
	} {
		t.check(where+", "+c.code, expect(ctx, k, c.code, c.want))
	}
	r, err = execute(ctx, k, "%history")
	if err == nil && !strings.Contains(r.text(), "double") {
		err = fmt.Errorf("it shows %q", r.text())
	}
	t.check(where+", %history", err)
	log, err := os.ReadFile(filepath.Join(k.Dir, client.LogFile))
	if said := bytes.Count(log, []byte("memory only")); err == nil && said != 1 {
		err = fmt.Errorf("the log says %d times that the history is in memory only:\n%s", said, log)
	}
	t.check(where+", the log", err)
}

// readOnlyHome has a kernel run where the user's home can be read only.
func readOnlyHome(ctx context.Context, b *bed, _ int, t *tally) error {
	home := filepath.Join(b.dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	end, how, err := readOnly(home)
	if err != nil {
		t.note("skipped: a read-only home: %v", err)
		return nil
	}
	defer end()
	t.note("the read-only home is %s", how)
	k, err := b.start(ctx, "HOME="+home, "XDG_DATA_HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=")
	if err != nil {
		t.check("read-only home, start", err)
		return nil
	}
	defer k.Kill()
	settledIn(ctx, k, t, "read-only home")
	return nil
}

// fullDisk has a kernel and lockstep run work on a disk without room.
func fullDisk(ctx context.Context, b *bed, _ int, t *tally) error {
	disk := filepath.Join(b.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		return err
	}
	end, err := smallDisk(disk)
	if err != nil {
		t.note("skipped: a full disk: %v", err)
		return nil
	}
	defer end()
	book := filepath.Join(disk, "book.ipynb")
	before, err := writeBook(book, "before")
	if err != nil {
		return err
	}
	// Not to the last byte: what is there must be found there.
	if err := fill(disk); err != nil {
		return err
	}
	k, err := b.start(ctx, "XDG_DATA_HOME="+disk, "HOME="+disk, "XDG_CACHE_HOME="+filepath.Join(disk, "cache"))
	if err != nil {
		t.check("full disk, start", err)
		return nil
	}
	defer k.Kill()
	settledIn(ctx, k, t, "full disk")
	r, err := execute(ctx, k, fmt.Sprintf("os.WriteFile(%q, make([]byte, 1<<20), 0o600)", filepath.Join(disk, "mine")))
	if err == nil && (r.reply.Status != wire.StatusError || !strings.Contains(r.reply.EValue, "no space left")) {
		err = fmt.Errorf("the cell ended with %s: %s %q", r.reply.Status, r.reply.EValue, r.text())
	}
	t.check("full disk, a cell's own file", err)
	t.check("full disk, afterwards", expect(ctx, k, "kept", "42"))

	out, err := b.runInPlace(ctx, book).CombinedOutput()
	after, err2 := os.ReadFile(book)
	switch {
	case err == nil:
		err = fmt.Errorf("it ended well: %s", out)
	case !strings.Contains(string(out), "no space left"):
		err = fmt.Errorf("it does not say why: %w: %s", err, out)
	case err2 != nil || !bytes.Equal(after, before):
		err = errors.Join(errors.New("the notebook is another one"), err2)
	default:
		err = noLeftovers(disk)
	}
	t.check("full disk, run --in-place", err)
	return nil
}

// runInPlace is the command that runs a notebook and stores its outputs.
func (b *bed) runInPlace(ctx context.Context, book string, env ...string) *osexec.Cmd {
	cmd := osexec.CommandContext(ctx, b.binary, "run", "--in-place", book)
	cmd.Env = append(append(os.Environ(), "LOCKSTEP_ENGINE="+b.engine), env...)
	return cmd
}

// writeBook writes a notebook whose cell prints a megabyte, and returns its bytes.
func writeBook(path, text string) ([]byte, error) {
	source, err := json.Marshal(fmt.Sprintf("import (\"fmt\"; \"strings\")\nfmt.Println(%q, strings.Repeat(\"long \", 200000))", text))
	if err != nil {
		return nil, err
	}
	book := fmt.Appendf(nil, `{"cells":[{"cell_type":"code","execution_count":null,"id":"one","metadata":{},"outputs":[],"source":%s}],"metadata":{},"nbformat":4,"nbformat_minor":5}`, source)
	return book, os.WriteFile(path, book, 0o600)
}

// noLeftovers reports files of an unfinished write.
func noLeftovers(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ".book*"))
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("left behind: %q", left)
	}
	return err
}

// inPlaceKilled kills lockstep run --in-place at random moments, half of them in which it writes. The notebook is the old one or the
// new one, and no process is left.
func inPlaceKilled(ctx context.Context, b *bed, n int, t *tally) error {
	dir, err := os.MkdirTemp(b.dir, "book-")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "book.ipynb")
	if _, err := writeBook(path, "round -1"); err != nil {
		return err
	}
	began := time.Now()
	if out, err := b.runInPlace(ctx, path).CombinedOutput(); err != nil {
		return fmt.Errorf("lockstep run: %w: %s", err, out)
	}
	usual := time.Since(began)
	written, unwritten, leftovers := 0, 0, 0
	for round := range n {
		old, err := writeBook(path, fmt.Sprint("round ", round))
		if err != nil {
			return err
		}
		owner := fmt.Sprintf("%d-%d", os.Getpid(), round)
		cmd := b.runInPlace(ctx, path, ownerVariable+"="+owner)
		if err := cmd.Start(); err != nil {
			return err
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		if round%2 == 0 {
			time.Sleep(time.Duration(b.rand.Int64N(int64(usual)))) // the moment is what is tried
		} else {
			awaitWriting(dir, ended)
			time.Sleep(time.Duration(b.rand.IntN(2000)) * time.Microsecond)
		}
		_ = cmd.Process.Kill() // it may have ended
		<-ended
		book, err := nb.Read(path)
		now, err2 := os.ReadFile(path)
		switch {
		case err != nil || err2 != nil:
			err = errors.Join(err, err2)
		case bytes.Equal(now, old):
			unwritten++
		case len(book.Cells) == 1 && bytes.Contains(now, fmt.Append(nil, "round ", round, " long")) && len(now) > 1e6:
			written++
		default:
			err = fmt.Errorf("the notebook is neither the old nor the new one: %s", clip(string(now)))
		}
		t.check(fmt.Sprintf("in-place, round %d", round), err)
		t.check(fmt.Sprintf("in-place, processes after round %d", round), goneSoon(ctx, owner))
		unfinished := func() (int, error) {
			left, err := filepath.Glob(filepath.Join(dir, ".book*"))
			return len(left), err
		}
		left, err := unfinished()
		if err != nil {
			return err
		}
		if leftovers += left; left > 0 {
			out, err := b.runInPlace(ctx, path).CombinedOutput()
			if err != nil {
				return fmt.Errorf("lockstep run: %w: %s", err, out)
			}
			if left, err = unfinished(); err == nil && left > 0 {
				err = fmt.Errorf("%d unfinished files are still there", left)
			}
			t.check(fmt.Sprintf("in-place, the run after round %d", round), err)
		}
	}
	t.note("run --in-place killed %d times: %d notebooks written, %d as before, %d unfinished files beside them, which the next run removed", n, written, unwritten, leftovers)
	return nil
}

// awaitWriting waits until the new file of a notebook is there, or the command has ended.
func awaitWriting(dir string, ended chan error) {
	for {
		select {
		case err := <-ended:
			ended <- err
			return
		default:
		}
		entries, err := os.ReadDir(dir)
		if err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), ".book") }) {
			return
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// goneSoon reports processes of an owner that are left after endLimit.
func goneSoon(ctx context.Context, owner string) error {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		left, err := owned(ctx, owner)
		switch {
		case err != nil || len(left) == 0:
			return err
		case time.Since(began) > endLimit:
			text := names(left)
			for _, p := range left {
				_ = p.Kill()
			}
			return fmt.Errorf("left after %v: %s", endLimit, text)
		}
	}
}
