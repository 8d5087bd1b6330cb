package main

import "embed"

// source is what the program of the session process is built from, on the
// user's machine (kernel/native). A test says when a package is missing.
//
//go:embed go.mod go.sum
//go:embed exec/*.go exec/gil/*.go exec/gil/*.s exec/held/*.go exec/measure/*.go exec/procs/*.go exec/procs/value/*.go exec/shm/*.go
//go:embed kernel/display/*.go kernel/pipe/*.go kernel/rewrite/mark/*.go kernel/rt/*.go lab/*.go
//go:embed kernel/session/*.go kernel/session/cellsym/*.go kernel/session/cellsym/*.s kernel/session/host/*.go
//go:embed kernel/session/named/*.go kernel/session/stdsym/*.go kernel/session/symtab/*.go
var source embed.FS
