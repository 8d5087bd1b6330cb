// Package native builds the units of the native engine: a cell's declarations
// become a Go package, compiled as a plugin that the session process loads.
//
// Reading order: [Find] (find.go) looks for a Go toolchain that can do it and gives a
// [Toolchain]; [Toolchain.Prepare] (prepare.go) makes, once on a machine, the program
// of the session process and the archives of the packages that units import;
// [Toolchain.Build] (build.go) makes a unit. Everything is kept in a cache
// folder by content (cache.go), so that a text that was built before is there at once.
//
// A plugin loads only into a program that was built like it: by the same toolchain, with
// the same flags, from the same sources of every package that both hold. So the
// session's program is built here, on the user's machine, from the source that
// the kernel's program carries.
//
// Units are built by the compiler and the linker themselves, as the go command
// would run them, which takes half its time: go build looks at every
// package that a unit reaches before it begins.
//
// The package runs in the kernel process. It does not know cells: the
// rewriting that makes a unit's source is package rewrite's, the loading package session's.
package native
