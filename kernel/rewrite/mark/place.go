package mark

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Place is a line of a cell that compiled code is at. In a unit's own cell, Cell is [ThisCell].
type Place struct {
	Unit, Cell string
	Line       int
}

// frame is a frame of compiled code in a stack: the function, whose name begins with the unit's path, and the line.
var frame = regexp.MustCompile(`\n(?:(cell/[0-9a-f]+)\.)?[^\n]*\n\t(?:[^\n]*/)?(cell \d+):(\d+)`)

// Places finds the places in cells on the stack of a goroutine, as Go prints it: where the goroutine is, and then those that
// this was called from. One that calls itself is there once.
func Places(stack string) (places []Place) {
	stack, _, _ = strings.Cut(stack, "\ncreated by ")
	for _, m := range frame.FindAllStringSubmatch(stack, -1) {
		line, _ := strconv.Atoi(m[3])
		places = append(places, Place{m[1], m[2], line})
	}
	return slices.Compact(places)
}
