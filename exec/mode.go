package exec

import (
	"fmt"
	"slices"
	"strings"
)

// Mode is how workers execute a workload.
type Mode string

// The modes.
const (
	Simple     Mode = "simple"
	Serialized Mode = "serialized"
	Async      Mode = "async"
	Goroutines Mode = "goroutines"
	Subprocess Mode = "subprocess"
	Hybrid     Mode = "hybrid"
	Cluster    Mode = "cluster"
)

// ModeInfo describes a mode to people.
type ModeInfo struct {
	Mode      Mode
	Summary   string
	Python    string // what it shows of the Python world
	Processes bool   // whether it needs [Processes]
}

// Modes returns the table of the modes.
func Modes() []ModeInfo { return slices.Clone(modes) }

var modes = []ModeInfo{
	{Simple, "workers one after another, in one goroutine", "plain function calls", false},
	{Serialized, "one goroutine a worker, only the holder of the lock runs", "threading under the GIL", false},
	{Async, "as serialized, but the lock is handed over only where a worker blocks", "asyncio on one thread", false},
	{Goroutines, "one goroutine a worker, no lock", "threads without a GIL", false},
	{Subprocess, "one operating-system process a worker", "multiprocessing", true},
	{Hybrid, "processes with several goroutines each", "threads inside a process pool", true},
	{Cluster, "workers on other machines", "processes on different servers", true},
}

// info returns the row of a mode.
func (m Mode) info() (ModeInfo, bool) {
	i := slices.IndexFunc(modes, func(i ModeInfo) bool { return i.Mode == m })
	if i < 0 {
		return ModeInfo{}, false
	}
	return modes[i], true
}

// ModeError is a name that is no mode.
type ModeError struct {
	Name    string
	Nearest Mode // "" if none is near
}

func (e *ModeError) Error() string {
	if e.Nearest != "" {
		return fmt.Sprintf("no mode %q; did you mean %s?", e.Name, e.Nearest)
	}
	var names []string
	for _, i := range modes {
		names = append(names, string(i.Mode))
	}
	return fmt.Sprintf("no mode %q; the modes are %s", e.Name, strings.Join(names, ", "))
}

// ParseMode returns the mode with a name, or a [*ModeError] that offers the
// nearest one.
func ParseMode(name string) (Mode, error) {
	m := Mode(strings.TrimSpace(name))
	if _, ok := m.info(); ok {
		return m, nil
	}
	return "", &ModeError{Name: string(m), Nearest: nearest(string(m))}
}

// ParseModes reads a list of modes separated by commas.
func ParseModes(list string) ([]Mode, error) {
	var all []Mode
	for name := range strings.SplitSeq(list, ",") {
		m, err := ParseMode(name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(all, m) {
			return nil, fmt.Errorf("mode %s is listed twice", m)
		}
		all = append(all, m)
	}
	return all, nil
}

// nearest returns the mode that a misspelt name was most likely meant to be.
func nearest(name string) Mode {
	name = strings.ToLower(name)
	best, least := Mode(""), 1+max(1, (len(name)+1)/3)
	for _, i := range modes {
		if len(name) >= 3 && strings.Contains(string(i.Mode), name) {
			return i.Mode
		}
		if d := edits(name, string(i.Mode)); d < least {
			best, least = i.Mode, d
		}
	}
	return best
}

// edits is the Levenshtein distance of two texts.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
