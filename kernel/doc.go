// Package kernel is the protocol core: it answers the messages of Jupyter's
// clients, version 5.5 of the protocol
// (https://jupyter-client.readthedocs.io/en/stable/messaging.html), except for the
// debugger and subshells.
//
// Below it is package wire, which carries the messages; behind it a
// [lang.Interpreter], which runs cells and knows no message. This package brings
// the two together: in which turn requests are handled, what is sent in which
// order, and what happens when something goes wrong.
//
// Reading order:
//
//   - [Options], [New] and [Kernel.Run] (kernel.go): a kernel's life and its end
//   - shellRows and controlRows (dispatch.go): a row for each type of request,
//     and serve, which alone says busy and idle
//   - execute.go: a cell, from execute_input to the reply
//   - output.go and stream.go: what a cell shows and prints, and how much text
//     becomes few messages
//   - input.go, complete.go, history.go, comm.go, info.go, usage.go,
//     shutdown.go: the other requests, a family in each file
//
// Goroutines: one reads shell, one control, one stdin, and none of these waits
// for user code. One runs cells and comm messages, in the order in which they
// came. One answers questions (completion, inspection, history, open comms)
// beside a running cell. What needs no state at all, as kernel_info, is
// answered by the reader.
//
// What each client can rely on: every request gets busy and idle, with its own
// header as their parent, and between them everything that it sends; its reply
// comes after its output was sent, and before idle; control is answered while a
// cell runs; a request that fails costs only itself.
//
// What the package does not do: it runs no user code, renders no values, knows
// no magics, and does not start or supervise the session process.
package kernel
