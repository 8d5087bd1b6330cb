package cluster

import "lockstep/exec/procs"

// account tells in a result what its seat has used since the one before; t.mu is held. Seats tell the sum of all
// that they have used, so that a result that is lost or comes twice costs nothing.
func (t *Team) account(r *Result) {
	if r.used == nil {
		return
	}
	at := place{r.Node, r.Seat}
	old := t.used[at]
	t.used[at] = *r.used
	if r.used.User < old.User || r.used.System < old.System {
		old = procs.Used{} // another seat of that number, on a node that was away for a while
	}
	r.Used = r.used.Since(old)
}
