// Package magic is the table of magics: the lines of a cell that begin with %,
// %% or !, and NAME? and ?NAME. It parses their flags, runs them against an
// [Env], completes them, and writes their help and reference page, all from the
// one table in table.go.
//
// Reading order: [Call] and [Run], [Env], [Magic] and table.go, then one file
// for each family of magics; compare.go holds the ones that measure.
//
// The package knows neither Jupyter nor the session's process. Which lines of
// a cell are magics is decided by package cell.
package magic
