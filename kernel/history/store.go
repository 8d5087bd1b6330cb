// Package history keeps the inputs of all sessions, and the text of their
// results, in an SQLite file that the kernels of one user share.
//
// The main type is [Store]. It never stands in a kernel's way: the file is
// opened at the first use, writing happens in the background, and where the file
// cannot be used history goes on in memory, which is said once in the log. The
// package knows no messages; history_request is answered by package kernel.
package history

import (
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"lockstep/kernel/lang"
)

// maxOutputBytes bounds what is kept of a result's text. History is for finding
// things again, not for keeping data.
const maxOutputBytes = 64 << 10

// maxPending bounds what waits in memory while other kernels hold the file's
// lock; beyond it the store goes on in memory for good.
const maxPending = 1000

// Options tunes a [Store]. The zero value works.
type Options struct {
	Logger *slog.Logger     // nil logs nothing
	Now    func() time.Time // nil is time.Now
}

// Store is the history of the user as one session sees and extends it. It is
// safe for concurrent use. It implements [lang.History].
type Store struct {
	path string
	log  *slog.Logger
	now  func() time.Time

	wake chan struct{} // has room for one; closed by Close
	done chan struct{} // closed when the writer is through

	pendingMu sync.Mutex
	pending   []record
	closed    bool
	enqueued  int           // records since the beginning
	written   int           // of them; a failure leaves it
	behind    bool          // the last attempt to write failed
	tried     chan struct{} // closed and renewed after each attempt

	dbMu    sync.Mutex
	db      *sql.DB // nil before the first use
	memory  bool    // db is in memory
	session int     // number of this session; 0 before its first input
}

// record is one change on its way to the database.
type record struct {
	line   int
	at     time.Time
	input  string
	output *string // not nil: this is the output of a line that was recorded before
}

var _ lang.History = (*Store)(nil)

// Open returns the store in the file at path; with an empty path it is in
// memory only. It returns at once and does not fail: the file and its folders
// are made at the first use, and when that does not work the store is in memory.
// The caller closes it.
func Open(path string, opts Options) *Store {
	s := &Store{
		path: path,
		log:  opts.Logger,
		now:  opts.Now,
		wake: make(chan struct{}, 1),
		done: make(chan struct{}),

		tried: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	go s.write()
	return s
}

// Append records the input with the number line of this session. It does not
// wait for the file. After Close it does nothing.
func (s *Store) Append(line int, input string) {
	s.enqueue(record{line: line, at: s.now(), input: input})
}

// SetOutput records the text of the result of an input that was appended
// before; of a very long text the beginning.
func (s *Store) SetOutput(line int, text string) {
	text = clip(text, maxOutputBytes)
	s.enqueue(record{line: line, output: &text})
}

func (s *Store) enqueue(r record) {
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	if s.closed {
		return
	}
	s.pending = append(s.pending, r)
	s.enqueued++
	select {
	case s.wake <- struct{}{}:
	default: // the writer has not yet begun with the earlier ones
	}
}

// Settle waits until what was recorded so far is in the file, so that it stays there if the process is killed; most is the
// longest that it waits. It does not wait at all while another kernel holds the file's lock.
func (s *Store) Settle(most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	for until := s.enqueued; s.written < until && !s.behind && !s.closed; {
		tried := s.tried
		s.pendingMu.Unlock()
		select {
		case <-tried:
		case <-timer.C:
			s.pendingMu.Lock()
			return
		}
		s.pendingMu.Lock()
	}
}

// write is the goroutine that Open starts and Close stops.
func (s *Store) write() {
	defer close(s.done)
	for range s.wake {
		s.dbMu.Lock()
		s.flush()
		s.dbMu.Unlock()
	}
}

// Close writes what is pending and closes the file. It waits about a second when
// another kernel holds the file's lock, and then loses what was pending.
func (s *Store) Close() error {
	s.pendingMu.Lock()
	if s.closed {
		s.pendingMu.Unlock()
		<-s.done
		return nil
	}
	s.closed = true
	close(s.wake)
	s.pendingMu.Unlock()
	<-s.done

	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if err := s.flush(); err != nil {
		s.log.Warn("the last inputs are missing in the history", "file", s.path, "error", err)
	}
	if s.db == nil {
		return nil
	}
	db := s.db
	s.db = nil
	return db.Close()
}

// clip returns the beginning of s, whole runes only, in at most n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
