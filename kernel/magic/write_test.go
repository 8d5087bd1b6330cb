package magic

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// read returns a file of the session's directory, "" when it is not there.
func read(t *testing.T, env *fakeEnv, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(env.root, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteFile(t *testing.T) {
	env := newFakeEnv(t)
	for _, step := range []struct{ name, cell, file, want, said string }{
		{"new", "%%writefile a.txt\none\n\ttwo\n", "a.txt", "one\n\ttwo\n", "stdout| Writing a.txt\n"},
		{"append", "%%writefile -a a.txt\nthree", "a.txt", "one\n\ttwo\nthree\n", "stdout| Appending to a.txt\n"},
		{"replace", "%%writefile a.txt\nfour\n", "a.txt", "four\n", "stdout| Overwriting a.txt\n"},
		{"quoted", "%%writefile 'b c.txt'\nx\n", "b c.txt", "x\n", "stdout| Writing b c.txt\n"},
		{"empty", "%%writefile e.txt\n", "e.txt", "", "stdout| Writing e.txt\n"},
	} {
		env.log.Reset()
		runCell(t.Context(), t, env, step.cell)
		if got := read(t, env, step.file); got != step.want {
			t.Errorf("%s: got %q want %q", step.name, got, step.want)
		}
		if got := env.log.String(); got != step.said {
			t.Errorf("%s: got %q want %q", step.name, got, step.said)
		}
	}
}

func TestLoadRefusesAFileTooLongForACell(t *testing.T) {
	env := newFakeEnv(t)
	if err := os.WriteFile(filepath.Join(env.root, "long"), make([]byte, longestLoad+1), 0o666); err != nil {
		t.Fatal(err)
	}
	runCell(t.Context(), t, env, "%load long")
	if got := env.log.String(); !strings.Contains(got, "too long for a cell") {
		t.Errorf("got %q", got)
	}
}

func TestCompareWritesItsResult(t *testing.T) {
	env := newFakeEnv(t)
	if err := os.WriteFile(filepath.Join(env.root, "r.csv"), []byte("what was there before, and is longer than what comes now\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	runCell(t.Context(), t, env, "%%compare -n 2 -r 1 --modes simple --json r.json --csv r.csv\nf()")
	var result struct{ Runs []json.RawMessage }
	if err := json.Unmarshal([]byte(read(t, env, "r.json")), &result); err != nil || len(result.Runs) != 2 {
		t.Errorf("got %v, %d runs in the JSON file, want 2", err, len(result.Runs))
	}
	if got := read(t, env, "r.csv"); !strings.Contains(got, "mode") || strings.Contains(got, "before") {
		t.Errorf("got CSV file %q", got)
	}
	if got := env.log.String(); strings.Contains(got, "ERROR") {
		t.Errorf("got %s", got)
	}
}

func TestCompareKeepsWhatAnInterruptLeft(t *testing.T) {
	env := newFakeEnv(t)
	ctx, cancel := context.WithCancel(t.Context())
	env.cancel = cancel
	runCell(ctx, t, env, "%%compare -n 2 -r 1 --json r.json --save r\ninterrupted")
	if got := env.log.String(); !strings.Contains(got, "bind r: 5 runs\n") {
		t.Errorf("got %s", got)
	}
	if got := read(t, env, "r.json"); !strings.Contains(got, `"interrupted"`) {
		t.Errorf("got %q", got)
	}
}

func TestCompareThatDoesNotRunLeavesNoFile(t *testing.T) {
	for _, cell := range []string{
		"%%compare --json r.json\nbroken",
		"%%compare --json r.json --csv no/where\nf()",
	} {
		env := newFakeEnv(t)
		runCell(t.Context(), t, env, cell)
		if entries, err := os.ReadDir(env.root); err != nil || len(entries) != 0 {
			t.Errorf("%q: got %v, %v", cell, entries, err)
		}
	}
}

func TestCompareBindErrorKeepsTheTable(t *testing.T) {
	env := newFakeEnv(t)
	env.bindError = os.ErrPermission
	runCell(t.Context(), t, env, "%%compare -n 2 -r 1 --save r --json r.json\nf()")
	log := env.log.String()
	if !strings.Contains(log, "result as") || !strings.Contains(log, "ERROR magic error: %%compare: permission denied") {
		t.Errorf("got %s", log)
	}
	if read(t, env, "r.json") == "" {
		t.Error("the file was not written because the variable could not be set")
	}
}

func TestTimeOfMagicsIsWallTime(t *testing.T) {
	wall := regexp.MustCompile(`Wall time: [0-9.]+ [nµm]?s\n`)
	for code, want := range map[string]string{
		"%%time\n%who\n":           "run text line 2: \"%who\\n\"\nstdout| Wall",
		"%%time\nx := 1\n!sleep\n": "run text line 2: \"x := 1\\n!sleep\\n\"\nstdout| Wall",
		"%time %who":               "run text line 1: \"      %who\"\nstdout| Wall",
		"%%time\n1s (\n!ok)\n":     "time line 2 × 1: \"1s (\\n!ok)\\n\"\n",
	} {
		env := newFakeEnv(t)
		runCell(t.Context(), t, env, code)
		if got := wall.ReplaceAllString(env.log.String(), "Wall"); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %q want %q", code, got, want)
		}
	}
}
