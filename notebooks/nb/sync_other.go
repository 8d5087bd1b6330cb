//go:build !unix

package nb

// syncDir does nothing: directories cannot be synced on this platform.
func syncDir(string) error { return nil }
