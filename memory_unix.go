//go:build unix

package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
)

// memoryVariable is the environment variable with a folder in which a kernel tells of its memory, each time it gets a SIGUSR1:
// what is in use after a collection, in memory.json, and a profile of it for go tool pprof, in heap.pprof. It is for who looks
// for a leak, as bench/soak does. GODEBUG=memprofilerate=16384 makes the profile finer; what it knows of itself then grows to some
// 10 MB, outside of what it tells of.
const memoryVariable = "LOCKSTEP_MEMORY_FOLDER"

// tellMemory does that until the process ends.
func tellMemory(log *slog.Logger) {
	dir := os.Getenv(memoryVariable)
	if dir == "" {
		return
	}
	wanted := make(chan os.Signal, 1)
	signal.Notify(wanted, syscall.SIGUSR1)
	go func() {
		for range wanted {
			if err := writeMemory(dir); err != nil {
				log.Error("telling of memory", "err", err)
			}
		}
	}()
}

func writeMemory(dir string) error {
	for range 3 { // what is in pools, or has a finalizer, outlives some
		runtime.GC()
	}
	debug.FreeOSMemory()
	profile, err := os.Create(filepath.Join(dir, "heap.pprof"))
	if err != nil {
		return err
	}
	err = pprof.WriteHeapProfile(profile)
	if end := profile.Close(); err == nil {
		err = end
	}
	if err != nil {
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	text, err := json.Marshal(struct{ HeapBytes, Objects uint64 }{m.HeapAlloc, m.HeapObjects})
	if err != nil {
		return err
	}
	whole := filepath.Join(dir, "memory.json")
	if err := os.WriteFile(whole+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(whole+".new", whole)
}
