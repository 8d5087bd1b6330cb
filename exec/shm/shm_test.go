//go:build unix

package shm

import (
	"bytes"
	"os"
	osexec "os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary is the other process too.
func TestMain(m *testing.M) {
	if os.Getenv("SHM_TEST") != "" {
		os.Exit(other())
	}
	goleak.VerifyTestMain(m)
}

// other adds to a counter a hundred thousand times, then rings the bell beside it.
func other() int {
	r, err := Attach(os.NewFile(3, "shared memory"))
	if err != nil {
		return 1
	}
	at, err := strconv.ParseUint(os.Getenv("SHM_TEST"), 10, 64)
	if err != nil {
		return 1
	}
	p := At[pair](r, Offset(at))
	for range 100_000 {
		atomic.AddUint64(&p.count, 1)
	}
	p.bell.Add(1)
	p.bell.Wake(1)
	return 0
}

type pair struct {
	count uint64
	bell  Word
}

func newRegion(t testing.TB) *Region {
	t.Helper()
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestProcessesShare(t *testing.T) {
	r := newRegion(t)
	at, err := r.Alloc(16)
	if err != nil {
		t.Fatal(err)
	}
	p := At[pair](r, at)
	var all []*osexec.Cmd
	for range 2 {
		cmd := osexec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "SHM_TEST="+strconv.FormatUint(uint64(at), 10))
		cmd.ExtraFiles = []*os.File{r.File()}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for range 100_000 {
		atomic.AddUint64(&p.count, 1)
	}
	for rung := p.bell.Load(); rung < 2; rung = p.bell.Load() {
		p.bell.Wait(rung, time.Second)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if got := atomic.LoadUint64(&p.count); got != 300_000 {
		t.Errorf("got %d, want 300000", got)
	}
}

func TestWaitEnds(t *testing.T) {
	r := newRegion(t)
	at, err := r.Alloc(4)
	if err != nil {
		t.Fatal(err)
	}
	w := At[Word](r, at)
	w.Wait(7, time.Hour) // it is 0
	start := time.Now()
	w.Wait(0, time.Millisecond)
	if d := time.Since(start); d < 100*time.Microsecond || d > 10*time.Second {
		t.Errorf("a wait of 1ms took %v", d)
	}
	w.Wait(0, -1)
}

// Blocks do not overlap, are empty, and are used again.
func TestAlloc(t *testing.T) {
	r := newRegion(t)
	var mu sync.Mutex
	owner := map[Offset]bool{}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 2000 {
				n := 1 + (i*37+g)%300
				at, err := r.Alloc(n)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if owner[at] {
					t.Errorf("place %d is given out twice", at)
				}
				owner[at] = true
				mu.Unlock()
				b := r.Bytes(at, n)
				if bytes.ContainsFunc(b, func(c rune) bool { return c != 0 }) {
					t.Errorf("%d bytes at %d are not empty", n, at)
				}
				for k := range b {
					b[k] = byte(g + 1)
				}
				if i%3 != 0 {
					for k := range b {
						if b[k] != byte(g+1) {
							t.Errorf("somebody else has written to %d", at)
							break
						}
					}
					mu.Lock()
					delete(owner, at)
					mu.Unlock()
					r.Free(at, n)
				}
			}
		})
	}
	all.Wait()
	if top := r.header().next; top > 4*2000*512 {
		t.Errorf("%d bytes are in use: nothing was used again", top)
	}
	for at := range owner {
		if at%smallest != 0 {
			t.Errorf("place %d is not at the beginning of a cache line", at)
		}
	}
}

func TestLargeBlocks(t *testing.T) {
	r := newRegion(t)
	for range 3 {
		at, err := r.Alloc(100 << 20)
		if err != nil {
			t.Fatal(err)
		}
		b := r.Bytes(at, 100<<20)
		if b[0] != 0 || b[len(b)-1] != 0 {
			t.Error("a large block is not empty")
		}
		b[0], b[len(b)-1] = 1, 1
		r.Free(at, 100<<20)
	}
	if top := r.header().next; top > 129<<20 {
		t.Errorf("%d bytes are in use for one block at a time", top)
	}
	if _, err := r.Alloc(1 << 50); err != ErrFull {
		t.Errorf("got %v, want %v", err, ErrFull)
	}
}

func TestAttachRefuses(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Attach(f); err == nil {
		t.Error("an empty file is no region")
	}
	if err := f.Truncate(1 << 20); err != nil {
		t.Fatal(err)
	}
	if _, err := Attach(f); err == nil {
		t.Error("a file of another kind is no region")
	}
}

func BenchmarkAlloc(b *testing.B) {
	r := newRegion(b)
	for b.Loop() {
		at, err := r.Alloc(100)
		if err != nil {
			b.Fatal(err)
		}
		r.Free(at, 100)
	}
}
