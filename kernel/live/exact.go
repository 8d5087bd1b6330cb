//go:build !race

package live

import "lockstep/kernel/rewrite"

// writing is how cells are written for the engine.
var writing = rewrite.Options{}
