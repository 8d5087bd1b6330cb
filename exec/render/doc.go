// Package render turns the result of a comparison into something to read.
//
// Reading order: newReport makes one model of tables, results and notes from a
// [measure.Result]; [Text], [HTML] and [Markdown] lay that out, one file each.
// [CSV] and [JSON] write the runs themselves. [Chart] draws them. [Bundle] is
// what a notebook shows.
//
// All functions are safe for concurrent use. The package measures nothing and
// computes no statistics: it rounds, scales and aligns.
package render
