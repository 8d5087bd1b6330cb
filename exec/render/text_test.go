package render

import (
	"io"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"lockstep/exec/measure"
)

// Some of these widths had go-pretty divide by zero.
func TestTextTableOfAnyWidths(t *testing.T) {
	for title := range 12 {
		for first := range 8 {
			for second := range 8 {
				group := strings.Repeat("g", title)
				g := grid{caption: "caption", columns: []column{{title: "workers"}, {group: group, title: "a"}, {group: group, title: "b"}},
					rows: [][]cell{{{text: "1"}, {text: strings.Repeat("1", first)}, {text: strings.Repeat("2", second)}}}}
				got := textTable(g)
				lines := strings.Split(got, "\n")
				for _, line := range lines[1:] {
					if text.LongestLineLen(line) > text.LongestLineLen(lines[len(lines)-2]) {
						t.Fatalf("a group of %d over columns of %d and %d: a line is longer than the rule\n%s", title, first, second, got)
					}
				}
			}
		}
	}
}

func TestTheNumberOfTicksIsTold(t *testing.T) {
	r := single()
	r.Ticks = []measure.Ticks{{Engine: "native", Asked: 100, Used: 2000, EachNS: 1.75, OldNS: 35}}
	want := "With engine native the lock was released every 2000 checkpoints, not every 100: counting one takes 1.8 ns there, a tick of CPython 2 took about 35 ns."
	for name, write := range map[string]func(io.Writer, measure.Result) error{"text": Text, "HTML": HTML, "Markdown": Markdown} {
		var b strings.Builder
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(b.String()), " "); !strings.Contains(got, want) {
			t.Errorf("%s does not say %q:\n%s", name, want, got)
		}
	}
}

func TestNothingIsToldOfALockThatIsNotThere(t *testing.T) {
	r := single()
	r.Modes, r.Baseline, r.Lock = []string{"serialized"}, "serialized", "none"
	for i := range r.Runs {
		r.Runs[i].Mode, r.Runs[i].Sample.Held = "serialized", r.Runs[i].Sample.Elapsed
	}
	measure.Summarize(&r)
	for lock, want := range map[string]bool{"none": false, "interval=5ms": true} {
		r.Lock = lock
		var b strings.Builder
		if err := Text(&b, r); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "The lock: "); got != want {
			t.Errorf("lock %s: a table of the lock: got %t, want %t\n%s", lock, got, want, b.String())
		}
	}
}

// Two notes do not look like one with a larger number.
func TestNotesBesideEachOther(t *testing.T) {
	if got, want := superscript(1, 2, 13), "¹,²,¹³"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
