//go:build amd64 || arm64

package gil

// goroutine identifies the current goroutine among the living. Goroutine
// labels are inherited, so they alone cannot tell a thread from a goroutine
// that library code started on its behalf.
func goroutine() uintptr
