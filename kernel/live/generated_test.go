package live_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lockstep/kernel/live"
	"lockstep/kernel/rewrite/rewritetest"
)

// mark ends the output of a program among several.
const mark = "~~~"

// compiled returns what programs print that the Go toolchain compiles, all into one
// binary.
func compiled(t *testing.T, programs []string) []string {
	t.Helper()
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "main")
	source := rewritetest.Whole(mark, programs...)
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	// Without optimisation it is there sooner.
	if out, err := osexec.CommandContext(t.Context(), "go", "build", "-gcflags=-N -l", "-ldflags=-s -w", "-o", binary, file).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s\n%s", err, out, source)
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
		refused := 0
		for from := *first; from < *first+*count; from += 50 {
			refused += rewritten(t, generated(from, min(from+50, *first+*count)))
		}
		t.Logf("%d of %d refused", refused, *count)
		if refused > *count/5 {
			t.Errorf("the interpreter refuses %d of %d programs: they test too little", refused, *count)
		}
	})
	t.Run("native", func(t *testing.T) { rewrittenNative(t, generated(100, 120)) })
}

// FuzzRewrite does so with programs that the fuzzer chooses, a few for each input: the compiler
// is what takes time, and an input may take 10 s at most.
func FuzzRewrite(f *testing.F) {
	for i := range 2 {
		f.Add(binary.LittleEndian.AppendUint32(nil, uint32(1000+i)))
	}
	f.Fuzz(func(t *testing.T, seed []byte) {
		var programs []string
		for i := range 2 {
			programs = append(programs, rewritetest.Program(append([]byte{byte(i)}, seed...), prefix(i)))
		}
		rewritten(t, programs)
	})
}
