// Package wire is the kernel's connection to its clients: the five sockets, the
// frames and their signatures, and the typed messages of the Jupyter protocol
// 5.5 (jupyter_client, docs/messaging.rst). It is the only package that knows
// ZeroMQ.
//
// In reading order: [ConnectionInfo] is what a connection file says. [Listen]
// makes [Sockets] of it, the kernel's end, and [Dial] a [Client], the other one.
// Both exchange a [Message], whose content [Decode] turns into one of the
// …Content structs. Below them a [Codec] turns messages into frames, and
// [Router], [XPub] and [Echo] move frames.
//
// Only the codec of single connections is zmq4's (github.com/go-zeromq/zmq4).
// Its sockets let one silent connection stop a port, and a few bytes end the
// process; here each connection has its own goroutines and queue, a guard
// between the library and the network, and limits for all that a stranger can
// send. What comes unsigned, wrongly signed or twice is dropped without an
// answer.
//
// Package wire does not know what messages mean: who answers what, when busy
// and idle are sent, and how output is batched is package kernel's. Encrypted
// transport, the debugger's and the subshells' messages are not here.
package wire
