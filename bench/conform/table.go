package main

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// writeTable writes how many files of each group came to what.
func writeTable(w io.Writer, verdicts []verdict) {
	counts := map[string]map[class]int{}
	for _, v := range verdicts {
		for _, group := range []string{v.group, "together"} {
			if counts[group] == nil {
				counts[group] = map[class]int{}
			}
			counts[group][v.class]++
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "group\tfiles\t")
	for _, c := range classes {
		fmt.Fprintf(t, "%s\t", c)
	}
	fmt.Fprintln(t)
	for _, group := range append(slices.Clone(allGroups), "together") {
		n := counts[group]
		if n == nil {
			continue
		}
		all := 0
		for _, c := range classes {
			all += n[c]
		}
		fmt.Fprintf(t, "%s\t%d\t", group, all)
		for _, c := range classes {
			fmt.Fprintf(t, "%d\t", n[c])
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// baseline is what go run fails in this harness, of one version of Go: its first line names
// the version, the others begin with a file each. `conform -go` writes it.
//
//go:embed gorun.txt
var baseline string

const baselineFile = "gorun.txt"

func formatBaseline(version string, verdicts []verdict) string {
	var b strings.Builder
	fmt.Fprintln(&b, version)
	for _, v := range verdicts {
		if v.class != passed {
			fmt.Fprintln(&b, v.file, v.class, v.why)
		}
	}
	return b.String()
}

// beyondGo returns the files of a listing that go run fails; ok is false where
// the listing is of another version.
func beyondGo(listing, version string) (files map[string]bool, ok bool) {
	first, rest, _ := strings.Cut(listing, "\n")
	files = map[string]bool{}
	for l := range strings.Lines(rest) {
		file, _, _ := strings.Cut(l, " ")
		files[strings.TrimSpace(file)] = true
	}
	return files, first == version
}

// writeShare writes what share of the files passed, of all and of those that go run passes.
func writeShare(w io.Writer, version string, verdicts []verdict) {
	share := func(of string, counts func(verdict) bool) {
		n, all := 0, 0
		for _, v := range verdicts {
			if counts(v) {
				all++
				if v.class == passed {
					n++
				}
			}
		}
		fmt.Fprintf(w, "%d of %d files pass: %.1f %% of %s\n", n, all, 100*float64(n)/float64(max(all, 1)), of)
	}
	share("all", func(verdict) bool { return true })
	beyond, ok := beyondGo(baseline, version)
	if !ok {
		fmt.Fprintf(w, "what go run passes is not known for %s: run with -go once\n", version)
		return
	}
	share("what go run passes", func(v verdict) bool { return !beyond[v.file] })
}
