package pipe

// What a session wants of the kernel for a pool on the nodes of its cluster.

// PoolOpen has workers ready on nodes. The answer is a [PoolOpened].
type PoolOpen struct {
	Loan    uint64 // what of the session its workers may use; see [Borrow]
	Cell    string // that is told what is done for it
	Workers int    // 0: as many as there are free slots
	Tags    []string
	Once    bool // no call may be made twice
	// Compiled says that its programs are compiled units.
	Compiled bool
}

// PoolOpened names a pool.
type PoolOpened struct {
	Pool    uint64
	Workers int
}

// PoolLoad stores a program for the nodes. The answer is a [PoolLoaded].
type PoolLoad struct {
	Pool    uint64
	Program []byte
	Values  Packed   // one part, or none
	Files   []string // of compiled units
}

// PoolLoaded names a program that is stored.
type PoolLoaded struct{ Program uint64 }

// PoolCalls has calls made. What they come to comes as a [Part] with [PoolReplies] for some of them at a time; the answer, which is empty,
// comes when all are done. A [ClusterStop] gives them up.
type PoolCalls struct {
	Pool, Program uint64
	Cell          string // their output goes there
	Arguments     Packed // a part for each
}

// PoolReplies is what some calls came to.
type PoolReplies struct {
	Replies []PoolReply
	Values  Packed // a part for each
}

// PoolReply is what a call came to, and who made it.
type PoolReply struct {
	Call        int // its number
	Worker, PID int
	Node        string
	Failure     string // "" if it returned
}

// PoolEnd gives the workers back; calls that are not done are given up. The answer is empty.
type PoolEnd struct{ Pool uint64 }
