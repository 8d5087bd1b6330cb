package lab

import "lockstep/exec/measure"

// Result is what a timed comparison brought: `%%compare --save NAME` binds one.
// As the value of a cell it shows as a table.
type Result = measure.Result

// Table puts results beside each other in one table, each under the name that it was saved
// under: the value of a cell
//
//	lab.Table(waiting, counting)
//
// It panics with a [*MisuseError] if there is none.
func Table(results ...Result) Result {
	if len(results) == 0 {
		panic(&MisuseError{"Table", "results", "give it at least one, as --save bound it"})
	}
	return measure.Combine(results...)
}
