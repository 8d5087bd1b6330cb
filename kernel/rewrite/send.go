package rewrite

import "fmt"

// labPath is the package of the objects that cells use.
const labPath = "lockstep/lab"

// sentAs begins the call that gives a function, which stands behind it, the name by which
// another process finds it.
func sentAs(lab, name string) string { return fmt.Sprintf("%s.Function(%q, ", lab, name) }
