// Package cli holds the commands that work on notebooks: [Run] executes them and
// [Export] writes them as pages. Both take notebooks and folders.
//
// What a command is asked for goes to its standard output: the summary of a run
// and the names of the pages. Progress and the errors of cells go to its
// standard error, as bars on a terminal and as plain lines elsewhere.
package cli
