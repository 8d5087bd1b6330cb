package session

import (
	"context"
	"sync"

	"lockstep/kernel/pipe"
	"lockstep/lab"
)

// loans are the objects of the session that workers in the cluster use, for each measurement one. The zero value has none.
type loans struct {
	mu    sync.Mutex
	last  uint64
	open  map[uint64]*lab.Loan
	stops map[uint64]context.CancelFunc // of what is asked for at the moment
}

// add names a loan for the kernel.
func (l *loans) add(loan *lab.Loan) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open, l.stops = map[uint64]*lab.Loan{}, map[uint64]context.CancelFunc{}
	}
	l.last++
	l.open[l.last] = loan
	return l.last
}

// end ends a loan; once it has ended, that does nothing. Who asks for something of it later gets an error.
func (l *loans) end(id uint64) {
	l.mu.Lock()
	loan := l.open[id]
	delete(l.open, id)
	l.mu.Unlock()
	if loan != nil {
		loan.End()
	}
}

// serve begins to do what a worker asks for.
func (l *loans) serve(conn *pipe.Conn, m pipe.Borrow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	loan := l.open[m.Loan]
	if loan == nil {
		loan = over()
	}
	ctx, stop := context.WithCancel(context.Background())
	l.stops[m.ID] = stop
	go func() {
		defer stop()
		answer := loan.Serve(ctx, lab.Guest{ID: m.Client, Place: m.Place}, m.Request)
		l.mu.Lock()
		delete(l.stops, m.ID)
		l.mu.Unlock()
		_ = conn.Send(pipe.Lent{ID: m.ID, Answer: answer}) // without a kernel nobody wants it
	}()
}

// over is a loan that has ended.
func over() *lab.Loan {
	loan := lab.NewLoan()
	loan.End()
	return loan
}

func (l *loans) stop(id uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if stop := l.stops[id]; stop != nil {
		stop()
	}
}

// gone is not waited for: who has gone may have to be waited for itself.
func (l *loans) gone(m pipe.BorrowEnd) {
	l.mu.Lock()
	loan := l.open[m.Loan]
	l.mu.Unlock()
	if loan != nil {
		go loan.Gone(m.Client, m.Died)
	}
}
