// Package procs runs a workload in operating-system processes: it implements
// the modes subprocess and hybrid for package exec.
//
// Reading order:
//
//   - [Options] and [New], for the session: how to start a worker process, what
//     it loads, and which variables it gets; the result is an [exec.Processes]
//   - crew.go, processes made ready together for one run, and process.go, one of
//     them; death.go, what is told of one that came to no result
//   - [Children] and child.go, processes that make calls one by one, instead of a run
//   - [Pipes] and [Serve], for the worker process; [Loaded], what it has to know; errand.go, the calls there
//   - message.go, what the two say to each other; package value, which carries
//     the variables
//   - [LeadFamily], [Wait] and [EndFamily], for who starts sessions: all that one has started ends with it; [Guard], where
//     the starter is killed together with the leaders
//
// A worker is started afresh for each run, in a process group of its own. The
// protocol runs over inherited descriptors, so that its standard output and
// error are the workload's. It ends when its session does, however that ends: it
// watches the pipe, and on Linux the kernel kills it as well.
//
// Windows has no inherited descriptors in this sense: there [New] returns an
// error that wraps [errors.ErrUnsupported].
package procs
