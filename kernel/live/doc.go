// Package live is the kernel process's side of a session: it takes a cell's
// text through cell → check → rewrite, has the session process run it, keeps what is live from
// cell to cell, and supervises that process: when it ends, whatever ended it, a new
// one is started, the declarations are re-played, and the lost variables are named.
//
// [Session] implements lang.Interpreter for package kernel and magic.Env for
// the magics; it runs as well from a plain Go test. Reading order: live.go,
// source.go (the way of Go source), process.go (the child), recover.go, env.go,
// and ask.go for questions about code.
package live
