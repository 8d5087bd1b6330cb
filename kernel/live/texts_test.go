package live

import (
	"fmt"
	"strings"
	"testing"
)

func TestTextsOfCells(t *testing.T) {
	var all texts
	large := strings.Repeat("x", keptText/4+1)
	for i := range 10 {
		all.keep(fmt.Sprint("cell ", i), large)
	}
	all.keep("cell 10", "short")
	for i, want := range []bool{false, false, false, false, false, false, false, true, true, true} {
		if got := all.textOf(fmt.Sprint("cell ", i)) == large; got != want {
			t.Errorf("cell %d is kept: %v, want %v", i, got, want)
		}
	}
	all.keep("cell 10", "other")
	if got := all.textOf("cell 10"); got != "other" || len(all.all()) != 4 || all.size != 3*len(large)+5 {
		t.Errorf("got %q, %d texts, %d bytes", got, len(all.all()), all.size)
	}
}

func TestTextsOfManyCells(t *testing.T) {
	var all texts
	for i := range keptTexts + 5 {
		all.keep(fmt.Sprint("cell ", i), "x")
	}
	if got := len(all.all()); got != keptTexts || all.size != keptTexts {
		t.Errorf("%d texts of %d bytes are kept, want %d", got, all.size, keptTexts)
	}
	if all.textOf("cell 4") != "" || all.textOf("cell 5") != "x" {
		t.Error("the oldest are not those that went")
	}
}
