// Package run executes notebooks without Jupyter: it starts a kernel process,
// is its client, and puts what the cells show into the notebook as a Jupyter
// client would.
//
// [Start] starts a [Kernel] and [Kernel.Run] executes one notebook in it.
// [Notebook] is the part that knows no process: it needs a client that is
// connected to any kernel. A [Result] tells how each cell went, and a
// [*CellError] which one ended the run.
//
// The rules are those of nbclient, Jupyter's own executor. Code cells run from
// top to bottom, each after the one before has ended, and the first one that
// fails ends the run. A cell with the tag raises-exception may fail, one with
// the tag skip-execution is left as it is, and when each cell ran is noted in
// its metadata (execution). Input is refused and widgets are ignored.
//
// The package reads and writes no notebook files and renders nothing.
package run
