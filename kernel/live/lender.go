package live

import (
	"context"
	"errors"
	"fmt"

	"lockstep/exec/cluster"
	"lockstep/kernel/pipe"
)

// lender has a session process answer what workers in the cluster ask for: operations on objects of the session, which
// are lent to them. It is a cluster.Asked.
type lender struct {
	p    *process
	loan uint64
}

var errSessionEnded = errors.New("the session has ended")

// Ask implements cluster.Asked.
func (l lender) Ask(ctx context.Context, c cluster.Client, request []byte) ([]byte, error) {
	p := l.p
	id, answer := p.lent.Expect()
	m := pipe.Borrow{ID: id, Loan: l.loan, Client: c.ID, Place: fmt.Sprintf("process %d on node %s", c.PID, c.Node), Request: request}
	if err := p.conn.Send(m); err != nil {
		return nil, errSessionEnded
	}
	stop := context.AfterFunc(ctx, func() { _ = p.conn.Send(pipe.BorrowStop{ID: id}) })
	defer stop()
	select {
	case m := <-answer:
		return m.Answer, nil
	case <-p.gone:
		return nil, errSessionEnded
	}
}

// Gone implements cluster.Asked.
func (l lender) Gone(c cluster.Client, died string) {
	_ = l.p.conn.Send(pipe.BorrowEnd{Loan: l.loan, Client: c.ID, Died: died}) // a session that has ended holds nothing
}
