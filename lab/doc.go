// Package lab is the concurrency laboratory that the cells of a notebook use:
// locks, semaphores, events, conditions, barriers, queues, pipes, values, shared memory, pools of
// processes, processes and commands.
//
// They are what Python's threading and multiprocessing have, under Go's names
// where Go has a word of its own. What sets them apart from package sync:
//
//   - Misuse is an error that says what happened, as a panic with a typed value
//     ([*MisuseError]): a lock locked twice by its holder, a release too many.
//   - A circular wait of locks is a [*DeadlockError] with the wait-for graph,
//     not a hang.
//   - Every wait ends when its cell is interrupted, and lets other workers run
//     meanwhile under the emulated interpreter lock.
//   - Every wait has a form with a time limit: LockTimeout, GetTimeout, ….
//
// Read [Lock] first; the other objects follow its pattern. Constructors take an
// optional name, which error texts use. Objects must not be copied; all methods
// may be called concurrently.
//
// In one process the objects are plain memory. One that a workload captures moves to
// memory that the session shares with its worker processes, and is the same object in
// all of them: the text of a workload need not know where it runs. If a process dies
// that holds a lock, the lock is free again and those who wait for it learn who died; at a
// barrier they learn that somebody did. What goes through a queue to another process is a copy.
//
// Workers on other machines have no memory in common with the session: what they use of its objects is done by it, for
// whoever has borrowed them; see [Loan].
//
// A [Pool] and a [Process] call functions of cells in processes of their own, which the session
// starts: see [Spawner].
//
// Everything that depends on where a program runs goes through one interface, [Host], and
// [Sharer], [Spawner] and [Borrower] for several processes; without a host the package
// works in any Go program. Objects hold values as any, and there are no generic
// types, because code run by the interpreter cannot use those of a compiled package.
package lab
