package cell_test

import (
	"strings"
	"testing"

	"lockstep/kernel/cell"
)

// BenchmarkSplit splits a cell that is one literal of many lines: its time a
// byte must not grow with the lines.
func BenchmarkSplit(b *testing.B) {
	for name, lines := range map[string]int{"100 lines": 100, "10000 lines": 10_000} {
		code := "xs := []string{\n" + strings.Repeat("\t\"an element\",\n", lines) + "}\n!ls\n"
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(code)))
			for b.Loop() {
				if parts, err := cell.Split(code); err != nil || len(parts) != 2 {
					b.Fatal(len(parts), err)
				}
			}
		})
	}
}
