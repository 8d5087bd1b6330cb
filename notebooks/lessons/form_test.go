package lessons

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lockstep/notebooks/nb"
)

func paths(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.ipynb")
	if err != nil || len(found) == 0 {
		t.Fatalf("lessons: %v, %v", found, err)
	}
	return found
}

// TestForm holds every lesson to the form that readers and tools rely on.
func TestForm(t *testing.T) {
	all := paths(t)
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	numbered := regexp.MustCompile(`^(\d\d)-`)
	numbers := map[string]string{}
	for _, path := range all {
		t.Run(path, func(t *testing.T) {
			if m := numbered.FindStringSubmatch(path); m == nil {
				t.Error("the name has to begin with a number of two digits")
			} else if other := numbers[m[1]]; other != "" {
				t.Errorf("%s has the same number", other)
			} else {
				numbers[m[1]] = path
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			n, err := nb.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if encoded, err := n.Encode(); err != nil || !bytes.Equal(encoded, raw) {
				t.Errorf("the file is not as nbformat writes it (%v)", err)
			}
			if n.Major != 4 || n.Minor != 5 {
				t.Errorf("format: got %d.%d, want 4.5", n.Major, n.Minor)
			}
			for _, m := range []struct{ got, want string }{
				{n.KernelName(), "lockstep"},
				{n.Metadata.Text("kernelspec", "display_name"), "Go (lockstep)"},
				{n.Metadata.Text("kernelspec", "language"), "go"},
				{n.Metadata.Text("language_info", "name"), "go"},
			} {
				if m.got != m.want {
					t.Errorf("metadata: got %q, want %q", m.got, m.want)
				}
			}
			first := n.Cells[0].Source
			if !strings.HasPrefix(first, "# ") || !strings.Contains(first, "**The question.**") {
				t.Errorf("the first cell has to have the title and the question, got %q", first)
			}
			var text strings.Builder
			ids := map[string]bool{}
			solutions := 0
			for _, c := range n.Cells {
				if ids[c.ID] || c.ID == "" {
					t.Errorf("id %q: want one for each cell", c.ID)
				}
				ids[c.ID] = true
				if c.Type == nb.Markdown {
					text.WriteString(c.Source + "\n")
					continue
				}
				if len(c.Outputs) > 0 || c.ExecutionCount != 0 {
					t.Errorf("cell %s has stored outputs", c.ID)
				}
				if c.HasTag("solution") {
					solutions++
					if !c.SourceHidden() {
						t.Errorf("the solution in cell %s is not hidden", c.ID)
					}
				}
			}
			for _, section := range []string{"## Experiment", "## Check yourself", "## What to remember"} {
				if !strings.Contains(text.String(), "\n"+section) {
					t.Errorf("no section %q", section)
				}
			}
			if solutions == 0 {
				t.Error("no cell with the solution")
			}
			for _, m := range link.FindAllStringSubmatch(text.String(), -1) {
				if !slices.Contains(all, m[1]) {
					t.Errorf("link to %s, which is not there", m[1])
				}
			}
		})
	}
}
