//go:build race

package live

import "lockstep/kernel/rewrite"

// Under the race detector checkpoints read their flag exactly: the plain read
// that interpreted code is quick with is a race by the letter.
var writing = rewrite.Options{Exact: true}
