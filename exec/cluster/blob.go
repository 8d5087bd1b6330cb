package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// store is the object store of a cluster, and what of it this process knows to be there.
type store struct {
	objects jetstream.ObjectStore

	mu    sync.Mutex
	known map[string]bool
}

func newStore(o jetstream.ObjectStore) *store { return &store{objects: o, known: map[string]bool{}} }

// StoreError is content that could not be stored or fetched.
type StoreError struct {
	Op   string // "storing", "fetching"
	Size int64
	Err  error
}

func (e *StoreError) Error() string {
	text := fmt.Sprintf("%s %d bytes in the cluster's object store: %v", e.Op, e.Size, e.Err)
	var api *jetstream.APIError
	if errors.As(e.Err, &api) && (api.ErrorCode == 10047 || api.ErrorCode == 10077 || api.ErrorCode == 10023) {
		text += ": the store is full, so give the server or the bucket more room, or send less"
	}
	return text
}

// Unwrap returns the cause.
func (e *StoreError) Unwrap() error { return e.Err }

// share has content in the store by its hash, and sends it only if it is not there.
func (s *store) share(ctx context.Context, data []byte) (b blob, sent int64, err error) {
	b = blob{hash(data), int64(len(data))}
	s.mu.Lock()
	known := s.known[b.Name]
	s.mu.Unlock()
	if known {
		return b, 0, nil
	}
	if _, err = s.objects.GetInfo(ctx, b.Name); errors.Is(err, jetstream.ErrObjectNotFound) {
		err = s.put(ctx, b.Name, data)
		sent = b.Size
	}
	if err != nil {
		return b, sent, &StoreError{"storing", b.Size, err}
	}
	s.mu.Lock()
	s.known[b.Name] = true
	s.mu.Unlock()
	return b, sent, nil
}

// keep stores content under a name of its own.
func (s *store) keep(ctx context.Context, name string, data []byte) (blob, error) {
	b := blob{name, int64(len(data))}
	if err := s.put(ctx, name, data); err != nil {
		return b, &StoreError{"storing", b.Size, err}
	}
	return b, nil
}

func (s *store) put(ctx context.Context, name string, data []byte) error {
	put := func(from io.Reader) error {
		_, err := s.objects.Put(ctx, jetstream.ObjectMeta{Name: name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkBytes}}, from)
		return err
	}
	err := put(bytes.NewReader(data))
	for pause := firstPause; isTooFast(err) && pause <= lastPause; pause *= 4 {
		err = put(&slowly{ctx, bytes.NewReader(data), pause})
	}
	return err
}

// chunkBytes is in how large messages content goes to the object store.
const chunkBytes = 256 << 10

// A server refuses content that comes faster than its disk takes it, once it has 128 MB in hand, and nats.go does not
// wait for what is stored before it sends more. So it is sent again with pauses after each chunk: at 128, 32, 8 and at last 2 MB/s.
const (
	firstPause = 2 * time.Millisecond
	lastPause  = 64 * firstPause
)

func isTooFast(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == 10167
}

// slowly reads with a pause after each chunk.
type slowly struct {
	ctx   context.Context
	from  io.Reader
	pause time.Duration
}

func (s *slowly) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.pause):
	case <-s.ctx.Done():
		return 0, context.Cause(s.ctx)
	}
	return s.from.Read(p)
}

// fetch returns stored content.
func (s *store) fetch(ctx context.Context, b blob) ([]byte, error) {
	r, err := s.objects.Get(ctx, b.Name)
	if err != nil {
		return nil, &StoreError{"fetching", b.Size, err}
	}
	defer r.Close()
	data := make([]byte, b.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, &StoreError{"fetching", b.Size, err}
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // its end, where its sum is compared
		return nil, &StoreError{"fetching", b.Size, err}
	}
	return data, r.Error()
}

// drop removes what keep has stored.
func (s *store) drop(ctx context.Context, b blob) { _ = s.objects.Delete(ctx, b.Name) }

// shelf is what a node has fetched: each content once, however many runs want it.
type shelf struct {
	store *store
	dir   string // for files
	limit int64  // of what is kept in memory

	mu     sync.Mutex
	held   map[string]*held
	order  []string // of their last use
	memory int64
}

// held is content that is being fetched or has been.
type held struct {
	done chan struct{}
	data []byte
	err  error
}

func newShelf(s *store, dir string) *shelf {
	return &shelf{store: s, dir: dir, limit: 1 << 30, held: map[string]*held{}}
}

// get returns content, fetched once; n is what that took this time.
func (s *shelf) get(ctx context.Context, b blob) (data []byte, n int64, err error) {
	s.mu.Lock()
	h := s.held[b.Name]
	mine := h == nil
	if mine {
		h = &held{done: make(chan struct{})}
		s.held[b.Name] = h
	}
	s.mu.Unlock()
	if !mine {
		select {
		case <-h.done:
		case <-ctx.Done():
			return nil, 0, context.Cause(ctx)
		}
		return h.data, 0, h.err
	}
	h.data, h.err = s.store.fetch(ctx, b)
	if h.err == nil && hash(h.data) != b.Name {
		h.data, h.err = nil, fmt.Errorf("content %s is not what its name says", b.Name)
	}
	close(h.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.err != nil {
		delete(s.held, b.Name) // for the next one who wants it
		return nil, 0, h.err
	}
	s.order = append(s.order, b.Name)
	s.memory += b.Size
	for s.memory > s.limit && len(s.order) > 1 {
		old := s.order[0]
		s.order = s.order[1:]
		s.memory -= int64(len(s.held[old].data))
		delete(s.held, old)
	}
	return h.data, b.Size, nil
}

// file has content as a file in the shelf's folder, named by its hash.
func (s *shelf) file(ctx context.Context, b blob) (n int64, err error) {
	path := filepath.Join(s.dir, b.Name)
	if i, err := os.Stat(path); err == nil && i.Size() == b.Size {
		return 0, nil
	}
	data, n, err := s.get(ctx, b)
	if err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(s.dir, "new-*")
	if err != nil {
		return n, err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return n, err
}
