package live_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lockstep/kernel/live"
	"lockstep/kernel/rewrite/rewritetest"
)

// mark ends the output of a program among several.
const mark = "~~~"

// exports tells the toolchain in which files the packages are that programs import.
var exports = sync.OnceValues(func() ([]byte, error) {
	return osexec.Command("go", "list", "-export", "-deps", "-f", "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}", "fmt", "strings", "sync").Output()
})

// compiled returns what programs print that the Go toolchain compiles, all into one
// binary. The go command would take a quarter of a second more to find out what there is to do.
func compiled(t *testing.T, programs []string) []string {
	t.Helper()
	where, err := exports()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, packages, object, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "importcfg"), filepath.Join(dir, "main.a"), filepath.Join(dir, "main")
	source := rewritetest.Whole(mark, programs...)
	if err := errors.Join(os.WriteFile(file, []byte(source), 0o600), os.WriteFile(packages, where, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		// Without optimisation it is there sooner.
		{"compile", "-p", "main", "-N", "-l", "-importcfg", packages, "-o", object, file},
		{"link", "-s", "-w", "-importcfg", packages, "-o", binary, object},
	} {
		if out, err := osexec.CommandContext(t.Context(), "go", append([]string{"tool"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("go tool %s: %v\n%s\n%s", args[0], err, out, source)
		}
	}
	out, err := osexec.CommandContext(t.Context(), binary).CombinedOutput()
	if err != nil {
		t.Fatalf("the programs end with %v:\n%s\n%s", err, out, source)
	}
	return strings.Split(strings.TrimSuffix(string(out), mark+"\n"), mark+"\n")
}

// names of a batch's programs begin with these.
func prefix(i int) string { return fmt.Sprintf("p%d", i) }

// rewritten compares what programs print in a session with what they print compiled by the
// Go toolchain, and returns how many the interpreter refused.
func rewritten(t *testing.T, programs []string) (refused int) {
	t.Helper()
	want := compiled(t, programs)
	n := interpNotebook(t)
	for i, p := range programs {
		whole := rewritetest.Whole(mark, p)
		_, got, fault := n.run(t.Context(), whole)
		if fault != nil {
			text := strings.Join(fault.Traceback, "\n")
			if fault.Name == "compile error" && strings.Contains(text, "the interp engine cannot run") && got == "" {
				refused++
				continue
			}
			t.Errorf("interp: %s\nafter the output\n%s\nof the program\n%s", text, got, whole)
			continue
		}
		compare(t, "interp", whole, strings.TrimSuffix(got, mark+"\n"), want[i])
	}
	return refused
}

// rewrittenNative does so with the native engine, all programs in one unit.
func rewrittenNative(t *testing.T, programs []string) {
	t.Helper()
	want := compiled(t, programs)
	whole := rewritetest.Whole(mark, programs...)
	_, out, fault := nativeNotebook(t, live.Native).run(t.Context(), whole)
	if fault != nil {
		t.Fatalf("native: %s\nafter the output\n%s\nof the program\n%s", strings.Join(fault.Traceback, "\n"), out, whole)
	}
	got := strings.Split(strings.TrimSuffix(out, mark+"\n"), mark+"\n")
	if len(got) != len(want) {
		t.Fatalf("native: %d programs printed something, want %d:\n%s", len(got), len(want), out)
	}
	for i := range want {
		compare(t, "native", rewritetest.Whole(mark, programs[i]), got[i], want[i])
	}
}

// detail is what the interpreter cannot tell of an index.
var detail = regexp.MustCompile(`(index out of range) \[\d+\] with length \d+`)

func compare(t *testing.T, engine, source, got, want string) {
	t.Helper()
	got, want = detail.ReplaceAllString(got, "$1"), detail.ReplaceAllString(want, "$1")
	if got != want {
		t.Errorf("%s: output differs first in %s\nof the program\n%s", engine, firstDifference(got, want), source)
	}
}

// generated makes programs of numbers.
func generated(from, to int) (programs []string) {
	for i := from; i < to; i++ {
		programs = append(programs, rewritetest.Program(binary.LittleEndian.AppendUint32(nil, uint32(i)), prefix(i)))
	}
	return programs
}

var (
	first = flag.Int("generated.first", 0, "number of the first generated program")
	count = flag.Int("generated", 50, "how many generated programs to run; 10000 take an hour")
)

// TestGeneratedPrograms has the rewrite keep the meaning of programs that nobody has written.
func TestGeneratedPrograms(t *testing.T) {
	t.Run("interp", func(t *testing.T) {
		refused, began := 0, time.Now()
		for from := *first; from < *first+*count; from += 50 {
			refused += rewritten(t, generated(from, min(from+50, *first+*count)))
		}
		t.Logf("%d of %d refused, %.1f programs a second", refused, *count, float64(*count)/time.Since(began).Seconds())
		if refused > *count/5 {
			t.Errorf("the interpreter refuses %d of %d programs: they test too little", refused, *count)
		}
	})
	t.Run("native", func(t *testing.T) { rewrittenNative(t, generated(100, 120)) })
}

// programsOfInput are for each input of the fuzzer, which ends one that takes 10 s, also on a loaded machine: to compile, link and start a
// session takes as long as some five programs.
const programsOfInput = 4

// FuzzRewrite does so with programs that the fuzzer chooses. An input is a number, and not the bytes that a program is made of: those
// it would make smaller again and again, for a minute, whenever one is new to it.
func FuzzRewrite(f *testing.F) {
	for i := range 2 {
		f.Add(uint64(1000 + i))
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		var programs []string
		for i := range programsOfInput {
			data := binary.LittleEndian.AppendUint64([]byte{byte(i)}, seed)
			programs = append(programs, rewritetest.Program(data, prefix(i)))
		}
		rewritten(t, programs)
	})
}
