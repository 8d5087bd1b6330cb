// Package exec runs a workload under several execution modes and measures them.
//
// Reading order:
//
//   - [Mode] and its table [Modes]
//   - [Workload], the code, and [Worker], who executes it
//   - [Plan], what to run how often; its zero value is useful
//   - [Run], which does it and returns a [measure.Result]
//   - [Processes] and [Crew], what somebody else provides for the modes that
//     use operating-system processes
//   - [ExecuteAll], what a worker process does with its share
//
// For each number of workers there is one warm-up of each mode, then the
// repetitions, interleaved: first one run of each mode, then the second of
// each, so that a machine that becomes slower does so for all of them. Every
// run starts from a collected heap, so that none pays for another's garbage.
// Its time runs from the common start signal to the last worker's result.
//
// The package knows neither Jupyter nor the engines: a workload is an
// interface. It does not print; see package render for tables.
package exec
