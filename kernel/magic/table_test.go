package magic

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

const referencePage = "../../docs/magics.md"

func TestReferencePage(t *testing.T) {
	if *update {
		if err := os.WriteFile(referencePage, []byte(Reference()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page), Reference()); diff != "" {
		t.Errorf("docs/magics.md is stale (-), the table says (+); renew it with -update\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Magics() {
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			if seen[name] {
				t.Errorf("%s is in the table twice", name)
			}
			seen[name] = true
		}
		if !slices.Contains(groups, m.Group) {
			t.Errorf("%s: no group is called %q", m.Name, m.Group)
		}
		if m.Summary == "" || strings.HasSuffix(m.Summary, ".") || len(m.Examples) == 0 {
			t.Errorf("%s: a summary without a full stop and an example are wanted", m.Name)
		}
		if m.Kind&Line == 0 && m.LineArgs != "" || m.Kind&Cell == 0 && m.CellArgs != "" {
			t.Errorf("%s: arguments of a kind that it is not of", m.Name)
		}
		for _, example := range m.Examples {
			if !strings.Contains(example, m.Name) {
				t.Errorf("%s: the example %q is of something else", m.Name, example)
			}
		}
		m.flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" || strings.HasSuffix(f.Usage, ".") {
				t.Errorf("%s --%s: a usage without a full stop is wanted", m.Name, f.Name)
			}
		})
	}
}

// TestExamplesAreAccepted runs every example of the table: none may be wrong in its magic's line.
func TestExamplesAreAccepted(t *testing.T) {
	duration := regexp.MustCompile(`(?s)^((?:%%?timeit|%%?time)(?: -\w \d+)*).*`)
	for _, m := range Magics() {
		for _, example := range m.Examples {
			// The fake session wants a duration for Go to time.
			cell := duration.ReplaceAllString(example, "$1 3s")
			if strings.HasPrefix(cell, "%%time") {
				cell = strings.Replace(cell, " 3s", "\n3s", 1)
			}
			env := newFakeEnv(t)
			if err := os.CopyFS(env.root, os.DirFS("testdata/work")); err != nil {
				t.Fatal(err)
			}
			env.vars["OLDPWD"] = env.root
			cell = strings.ReplaceAll(cell, "workload.go", "long.go")
			if err := os.WriteFile(env.root+"/long.go", []byte(strings.Repeat("//\n", 30)), 0o666); err != nil {
				t.Fatal(err)
			}
			runCell(t.Context(), t, env, cell)
			if log := env.log.String(); strings.Contains(log, "ERROR") {
				t.Errorf("%s: got\n%s", example, log)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"time", "timeit", "compare", "cd", "who"}
	for name, want := range map[string]string{
		"tiem": "time", "timit": "timeit", "compere": "compare", "comprae": "compare", "cdd": "cd", "xyz": "", "w": "", "foo": "", "ls": "", "html": "", "run": "", "compare": "compare",
		"сompare": "compare", // with a Cyrillic с
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("%s: got %q want %q", name, got, want)
		}
	}
}

// TestElsewhere holds that what other kernels' magics are called here is there, and that none of them is ours.
func TestElsewhere(t *testing.T) {
	for name, here := range elsewhere {
		if m, ok := find(name); ok {
			t.Errorf("%s is a magic: %s", name, m.Summary)
		}
		for _, title := range regexp.MustCompile(`%+\w+`).FindAllString(here, -1) {
			if !slices.Contains(titles(), title) {
				t.Errorf("%s: %s is no magic", name, title)
			}
		}
	}
	if got, want := noSuchMagic("%%html", "html"), "; here it is display.HTML(…)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "", 3}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abd", 1},
		{"abc", "xabc", 1}, {"kitten", "sitting", 3}, {"日本", "日", 1},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q %q: got %d want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestChooseLoops(t *testing.T) {
	for _, test := range []struct {
		each time.Duration
		want int
	}{
		{time.Second, 1}, {150 * time.Millisecond, 2}, {time.Millisecond, 200}, {time.Nanosecond, 200_000_000}, {0, 2_000_000_000},
	} {
		got, failed := chooseLoops(func(loops int) (time.Duration, *lang.Error) {
			return test.each * time.Duration(loops), nil
		})
		if got != test.want || failed != nil {
			t.Errorf("%s: got %d, %v want %d", test.each, got, failed, test.want)
		}
	}
}

func TestTimeitReport(t *testing.T) {
	timeit := timeit{loops: 1000, runs: 4}
	got := timeit.report([]float64{2e6, 4e6, 2e6, 20e6}, Timing{AllocatedBytes: 8_000_000, AllocatedObjects: 12_000})
	want := "7 ms ± 7.55 ms per loop (mean ± std. dev. of 4 runs, 1,000 loops each)\n" +
		"best 2 ms per loop; allocated 2 kB in 3 objects per loop\n" +
		"The slowest run took 10.0 times as long as the fastest: a cache, or other work on this machine, is in the figures.\n"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestUnits(t *testing.T) {
	for ns, want := range map[float64]string{
		0: "0 s", 0.314: "0.31 ns", 999.4: "999 ns", 1000: "1 µs", 12_345: "12.3 µs", 9_999_999: "10.0 ms", 1.5e9: "1.50 s", 59.94e9: "59.9 s", 90e9: "1m30s",
	} {
		if got := nanoseconds(ns); got != want {
			t.Errorf("%g ns: got %s want %s", ns, got, want)
		}
	}
	for n, want := range map[float64]string{0: "0 B", 999: "999 B", 1500: "1.50 kB", 2e6: "2 MB", 12.34e9: "12.3 GB"} {
		if got := bytes(n); got != want {
			t.Errorf("%g bytes: got %s want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1_234_567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("got %s want %s", got, want)
		}
	}
}
