// Package gil models the global interpreter lock of CPython, and the threads
// that live under it.
//
// Running code tests one flag at each checkpoint, the way CPython tests its
// eval breaker, and calls [Checkpoint] when the flag is up. The flag serves
// several masters: the hand-over of the lock, the end of a run, and whatever
// the session asks of running code.
//
// Reading order:
//
//   - [Breaker], the flag
//   - [Group], the goroutines of one run; [Group.Stop] ends them
//   - [Thread], one goroutine of a group; [Current] finds it by goroutine label
//   - [Policy] and [Lock], who may run: handed over by time (CPython 3.2 and
//     later), by counted checkpoints (CPython before 3.2), or only where a
//     worker blocks (asyncio)
//   - [Block], [Sleep], [Send], [Recv] and their kin, which release the lock
//     around what may block
//   - [Stats] and [Timeline], what became of it all
//
// The lock guards the interpreter and not the program's data: what a workload
// does between two checkpoints is undisturbed, what spans a checkpoint is not.
//
// The package does not know what it runs; it uses the standard library only.
package gil
