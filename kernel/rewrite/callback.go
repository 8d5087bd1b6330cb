package rewrite

import "go/types"

// elsewhere are functions of the library that call a function in a goroutine of their own: which argument
// that is, and what of the run time makes the goroutine the cell's: so that it runs under the lock, that it
// can be stopped, and that a panic in it is the cell's error.
var elsewhere = map[string]struct {
	argument int
	helper   string
}{
	"(*sync.WaitGroup).Go":                      {0, "Callback"},
	"time.AfterFunc":                            {1, "Callback"},
	"context.AfterFunc":                         {1, "Callback"},
	"(*golang.org/x/sync/errgroup.Group).Go":    {0, "CallbackError"},
	"(*golang.org/x/sync/errgroup.Group).TryGo": {0, "CallbackError"},
}

// callback is the argument of a call of such a function, and the helper that it goes through.
func callback(f *types.Func, arguments int) (argument int, helper string, ok bool) {
	if f == nil {
		return 0, "", false
	}
	e, ok := elsewhere[f.FullName()]
	return e.argument, e.helper, ok && e.argument < arguments
}
