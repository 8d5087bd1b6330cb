package session

import (
	"bytes"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
)

// goroutines are those that a cell has started, or that libraries have for it, and that are at one place.
type goroutines struct {
	cell string
	n    int
	// text is their entry in Go's profile: how many, the stack in addresses, the labels, the functions of the stack.
	text string
}

// How an entry of Go's profile of goroutines begins, as in "3 @ 0x46fe8e 0x40b8ac", and how a label in it names the cell.
var (
	profileEntry = regexp.MustCompile(`(?m)^(\d+) @ (.*)$`)
	labelOfCell  = regexp.MustCompile(`"cell":"(\d+)"`)
)

// goroutinesOfCells are all that there are now.
func goroutinesOfCells() (all []goroutines) {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a buffer takes everything
	for text := range strings.SplitSeq(profile.String(), "\n\n") {
		label, head := labelOfCell.FindStringSubmatch(text), profileEntry.FindStringSubmatch(text)
		if label != nil && head != nil {
			n, _ := strconv.Atoi(head[1])
			all = append(all, goroutines{label[1], n, text})
		}
	}
	return all
}

// stack is what [runtime.Callers] would tell in them.
func (g goroutines) stack() (pcs []uintptr) {
	for _, a := range strings.Fields(profileEntry.FindStringSubmatch(g.text)[2]) {
		if pc, err := strconv.ParseUint(a, 0, 64); err == nil {
			pcs = append(pcs, uintptr(pc))
		}
	}
	return pcs
}
