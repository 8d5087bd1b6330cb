//go:build !unix

package held

import "os"

// Hold does nothing: there are no such locks here.
func Hold(*os.File) error { return nil }

// Take takes nothing: nobody knows who holds what.
func Take(string) (release func(), ok bool) { return nil, false }
