package procs

import (
	"errors"
	"os"
	"time"
)

// Patient reads a pipe to its end or, once its deadline has come, to the end of what is in it: a process that has ended wrote
// nothing later, and however long it takes for its reader to get a core, that is read. Who still holds the pipe
// then is not waited for.
type Patient struct {
	f    *os.File
	late int // bytes read after the deadline
}

// NewPatient returns a reader of f, which the caller closes.
func NewPatient(f *os.File) *Patient { return &Patient{f: f} }

// lateLimit is more than a pipe holds, so that nobody who writes on and on is taken for the past.
const lateLimit = 1 << 20

// Read is that of [io.Reader]. At the deadline, with nothing left, it returns an error that is [os.ErrDeadlineExceeded].
func (r *Patient) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	if !errors.Is(err, os.ErrDeadlineExceeded) || r.late >= lateLimit {
		return n, err
	}
	// Of a deadline and of something to read, when both have come, only the first is told.
	_ = r.f.SetReadDeadline(time.Time{}) // what had a deadline can have another
	n, err = readNow(r.f, p)
	_ = r.f.SetReadDeadline(time.Now())
	r.late += n
	return n, err
}
