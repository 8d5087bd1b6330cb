// Package cellsym gives an interpreter the packages that cells import: the
// standard library of package stdsym, with what concerns the whole process
// replaced by what concerns the cell, and the packages made for cells, lab and
// display.
//
// [Import] does it all. What it replaces goes to the interpreter's [Host]:
// fmt.Print and fmt.Scan with their families, os.Exit, log.Fatal, time.Sleep, and the exit in
// package flag. Package log and, behind it, log/slog stay as they are: Import
// directs the process's default logger to the host, so that also libraries and
// compiled units log to the cell, and log.SetFlags holds for all of them.
//
// [Bare] is for rewritten code: it makes the methods of a value that is in an
// interface visible to the compiled function that it is passed to.
//
// Not replaced, since they are methods of types or variables, which only the source could be
// rewritten for: (*log.Logger).Fatal and its like end the process; os.Stdout,
// os.Stderr and os.Stdin are the process's.
package cellsym

//go:generate go run lockstep/kernel/session/stdsym/gen -package cellsym lockstep/lab lockstep/kernel/display lockstep/exec/measure
