package mark_test

import (
	"fmt"
	"testing"

	"lockstep/kernel/rewrite/mark"
)

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		cell, line int
		want       string
	}{
		{1, 1, "cell 1 1"},
		{3, 5, "cell 3 5"},
		{7, 1_000_000, "cell 7 19999"},
		{50_000, 12, "cell 50000 12"},
		{1_000_000, 12, " 0"},
	} {
		n := mark.Number(tt.cell, tt.line)
		if cell, line := mark.Line(n); fmt.Sprint(cell, " ", line) != tt.want {
			t.Errorf("cell %d, line %d: got %s %d, want %s", tt.cell, tt.line, cell, line, tt.want)
		}
		if n < 1 || n > 1<<30 {
			t.Errorf("cell %d, line %d: Go takes no line number %d", tt.cell, tt.line, n)
		}
	}
}
