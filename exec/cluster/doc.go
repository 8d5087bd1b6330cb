// Package cluster runs a workload's tasks on other machines: it implements the mode
// cluster for package exec, on the streams and the object store of NATS JetStream.
//
// Reading order:
//
//   - names.go, what the streams and subjects are called, and what makes them
//   - message.go, what is sent: an order to be ready, a task, a result
//   - [Server], an embedded server for one machine; [Local], that server with nodes here
//   - [Connect] and [Cluster], the side that has tasks: registry.go knows the nodes, blob.go keeps
//     programs, variables and large results in the object store, [Program] and [Job] are what is stored,
//     team.go hands the tasks of a run out, seating.go has seats for it on the nodes, results.go reads what comes back, crew.go makes an [exec.Crew] of it,
//     and pool.go a [Pool], whose tasks are calls of any program; withdraw.go takes back those that nobody waits for
//   - [Run], a node, the side that does tasks: bench.go makes the worker processes of a run ready, guard.go refuses orders that are old, staff.go keeps processes by program, seat.go has one of
//     them do tasks one after another, written.go sends what those write that take long
//   - asks.go, what worker processes ask who has the run while they do them, and asked.go, which has that answered by [Asked]: so objects of
//     a session are lent to its workers
//
// A task is one message in a work queue. Its node acknowledges it once the result is stored,
// and prolongs its lease until then; a node that dies or stalls loses the lease, and
// the task is delivered again, at most [Options.Attempts] times. So delivery is at least once; the
// reader of results takes the first for each task.
package cluster
