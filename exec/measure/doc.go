// Package measure holds what timed runs brought, and what follows from it.
//
// Reading order: a [Run] is one timed execution of a mode with a number of
// workers; its [Sample] holds the numbers and its [Outcome] values what each
// worker came to. A [Result] holds all runs of one comparison. [Summarize]
// derives the rest of it: a [Summary] for each mode and number of workers, in
// it the [Comparison] with the baseline, and the [Warning] values that tell the
// reader how far to trust the figures.
//
// No normal distribution is assumed: the centre is the median, its interval
// comes from order statistics, and two modes differ only if the Mann-Whitney U
// test says so.
//
// All values are in base units: durations, and counts of bytes. A Result can be
// sent with encoding/gob and encoding/json. The JSON form has a version,
// [Schema]; its fields are those of the struct tags, and testdata/result.json
// is an example of it.
//
// The package does not run or time anything, and does not lay out tables.
package measure
