package native

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// unusedFor is how long what is not used stays in the cache.
	unusedFor = 30 * 24 * time.Hour
	// pruneEvery is how often the cache is looked through.
	pruneEvery = time.Hour
	// keptFolders are kept of those that are not in use: each new version of this
	// program or of Go makes one, which takes 30 MB and more.
	keptFolders = 4
	// inUse is how recently a folder was used that may be in use by another process. One whose
	// folder goes all the same makes it again when it builds.
	inUse = 3 * time.Hour
	// unitBytes is what units may take: 3.5 MB each.
	unitBytes = 2 << 30
)

// Prune removes from the cache what was not used for long, and the units that were
// used longest ago if all of them are too many. It does so at most once an hour, whatever process
// asks; [Toolchain.Prepare] and [Toolchain.Build] have it done in the background. Errors do
// not matter: another hour will come.
func (t *Toolchain) Prune() {
	t.builds.pruning.Lock()
	defer t.builds.pruning.Unlock()
	now := time.Now()
	root := filepath.Dir(t.dir)
	mark := filepath.Join(root, "pruned")
	if info, err := os.Stat(mark); err == nil && now.Sub(info.ModTime()) < pruneEvery {
		return
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return
	}
	_ = os.Chtimes(mark, now, now)
	kept := 0
	for _, key := range byAge(root) {
		dir := filepath.Join(root, key.Name())
		unused := now.Sub(key.used)
		switch {
		case !key.IsDir() || dir == t.dir:
			continue
		case unused > unusedFor, unused > inUse && kept >= keptFolders:
			t.log.Info("a folder of the native engine that was not used is removed", "folder", dir)
			_ = os.RemoveAll(dir)
		default:
			kept++
		}
	}
	var total int64
	limit := cmp.Or(t.opt.UnitBytes, unitBytes)
	for _, dir := range []string{t.dir, filepath.Join(t.dir, "units")} {
		for _, e := range byAge(dir) {
			path := filepath.Join(dir, e.Name())
			unused := now.Sub(e.used)
			half := strings.HasPrefix(e.Name(), "tmp-")
			if !half && dir != t.dir {
				total += sizeOf(path)
			}
			if (half && unused > inUse) || (!half && dir != t.dir && (unused > unusedFor || total > limit)) {
				_ = os.RemoveAll(path)
			}
		}
	}
}

// sizeOf is the size of the files in a unit's folder.
func sizeOf(dir string) (bytes int64) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

type aged struct {
	fs.DirEntry
	used time.Time
}

// byAge lists a folder, what was used last first. When a key's folder was used
// says its file ready.
func byAge(dir string) []aged {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var all []aged
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name(), "ready"))
		if err != nil {
			info, err = e.Info()
		}
		if err == nil {
			all = append(all, aged{e, info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b aged) int { return b.used.Compare(a.used) })
	return all
}

// Usage is what the cache holds for one toolchain.
type Usage struct {
	// Units is the number of units.
	Units int
	// Bytes is the size of all files.
	Bytes int64
}

// Usage looks through the cache of this toolchain.
func (t *Toolchain) Usage() Usage {
	var u Usage
	units, _ := os.ReadDir(filepath.Join(t.dir, "units"))
	u.Units = len(units)
	_ = filepath.WalkDir(t.dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // another process removes things
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			u.Bytes += info.Size()
		}
		return nil
	})
	return u
}
