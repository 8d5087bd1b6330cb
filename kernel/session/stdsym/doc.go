// Package stdsym gives yaegi the standard library of the Go version that this
// module is built with, unrestricted: tables of symbols as yaegi's own extract
// command makes them, in a form that costs a starting process nothing.
//
// The tables (zz_*.go, one a package) are laid out by the compiler as data; a
// package becomes a map when a cell imports it. A session calls, in this order,
//
//   - [Prepare] once for a new interpreter: interface wrappers and [MapTypes];
//   - [Import] for the packages that a cell imports, and yaegi's Use with its
//     result, before it evaluates the import;
//   - [Lookup] where it wants to replace symbols, and Use with the key made by [Key].
//
// Use may follow evaluations, also while goroutines of earlier ones run, and may
// name a package again: code that was evaluated before keeps the symbols
// that it was compiled with. A package that was not named yet cannot be imported, or its
// names are undefined, until its own Use.
//
// Not in the tables: plugin, runtime/cgo and runtime/race, and whatever is
// generic ([Generic] tells). The redirections that yaegi makes for its own
// tables are not made either (see [Key]): fmt.Print writes to os.Stdout, os.Exit
// exits, and environment variables are those of the process.
package stdsym
