package pipe

import (
	"lockstep/exec"
	"lockstep/exec/measure"
)

// What a session wants of the kernel for the mode cluster, which alone has a connection to it.

// ClusterOpen stores a program for the nodes. The answer is a [ClusterOpened].
type ClusterOpen struct {
	Cell    string // its output goes there
	Program []byte
	Values  Packed   // one part, or none
	Files   []string // of compiled units
	Loan    uint64   // what of the session its workers may use; see [Borrow]
}

// ClusterOpened names a program that is stored.
type ClusterOpened struct{ Program uint64 }

// ClusterPrepare has workers ready for a run. The answer is a [ClusterReady].
type ClusterPrepare struct {
	Program uint64
	Shape   exec.Shape
}

// ClusterReady names workers that are ready.
type ClusterReady struct {
	Crew    uint64
	Startup exec.Startup
}

// ClusterRun has them run. The answer is a [ClusterDone].
type ClusterRun struct{ Crew uint64 }

// ClusterDone is what a run came to.
type ClusterDone struct {
	Outcomes []measure.Outcome
	Timeline *measure.Timeline
	Cluster  *measure.Cluster
}

// ClusterStop stops what a Want with the ID asked for; it is answered all the same.
type ClusterStop struct{ ID uint64 }

// ClusterEnd ends the use of workers; it has no answer of its own but an empty one.
type ClusterEnd struct{ Crew uint64 }

// Borrow asks the session, which the kernel does for a worker in the cluster, for an operation on an object of a loan. The session
// answers each with one [Lent] of the same ID.
type Borrow struct {
	ID, Loan uint64
	Client   string // who asks, and
	Place    string // where that is
	Request  []byte
}

// BorrowStop stops a Borrow; it is answered all the same.
type BorrowStop struct{ ID uint64 }

// BorrowEnd tells that a client uses a loan no more; Died says how it ended, if not as it should.
type BorrowEnd struct {
	Loan         uint64
	Client, Died string
}

// Lent answers a Borrow.
type Lent struct {
	ID     uint64
	Answer []byte
}
