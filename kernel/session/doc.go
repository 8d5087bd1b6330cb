// Package session is the session process: it compiles the units that the
// kernel process sends, runs them, keeps the session's variables, and tells what happened.
// User code runs here and nowhere else, so a fault that nothing in Go can
// catch ends this process and not the kernel.
//
// Reading order: [Serve] (the loop over requests), run.go (one cell), engine.go (yaegi), runtime.go (what
// rewritten code calls), output.go (streams that know their cell), measure.go
// (workloads under the modes), worker.go (the same in a worker process).
//
// It does not parse, check or rewrite cells, and knows no Jupyter: package live
// does the one, package kernel the other.
package session
