package native

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// A recipe is how units are linked on this machine. The file ready holds it.
type recipe struct {
	// Linker is what -fuse-ld names, "" for the C compiler's own choice.
	Linker string `json:"linker,omitempty"`
	// Answers says that the script cc answers what Go's linker asks.
	Answers bool `json:"answers,omitempty"`
	// Settings are there for people who look.
	Settings map[string]string `json:"settings"`
}

// linkers are those that may be there beside the usual one and are faster. For a
// unit that prints, on an idle machine: mold 20 ms, gold 45 ms, lld and GNU ld 60 to 70 ms.
var linkers = []string{"mold", "gold"}

// choose finds out how units are linked here, by making one and loading it.
func (t *Toolchain) choose(ctx context.Context) error {
	var candidates []string
	if runtime.GOOS == "linux" {
		for _, name := range linkers {
			if _, err := osexec.LookPath("ld." + name); err == nil {
				candidates = append(candidates, name)
			}
		}
	}
	answers, err := t.answer(ctx)
	if err != nil {
		return err
	}
	for _, linker := range append(candidates, "") {
		r := recipe{Linker: linker, Answers: answers, Settings: t.settings}
		if err = t.probe(ctx, r); err == nil {
			note, err := json.MarshalIndent(r, "", "\t")
			if err != nil {
				return err
			}
			return writeFile(t.readyFile(), append(note, '\n'))
		}
		if ctx.Err() != nil {
			return err
		}
		t.log.Warn("a linker does not make plugins that load", "linker", linker, "err", err)
	}
	_ = os.Remove(t.Host()) // if that is to blame, the next time makes it again
	return &MissingError{"a plugin that was built for a trial does not work: " + firstLine(err.Error()), "run `go env` and look at CC and the CGO_ variables"}
}

// probe makes a unit with the recipe and has the host load it.
func (t *Toolchain) probe(ctx context.Context, r recipe) error {
	dir, err := tempDir(t.dir)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	u := Unit{Source: "package main\n\nimport \"fmt\"\n\nfunc init() { fmt.Print(\"loaded\") }\n", Imports: []string{"fmt"}}
	imports := needed(u)
	archives, err := t.need(ctx, imports)
	if err != nil {
		return err
	}
	if err := t.compile(ctx, dir, "cell/probe", u, archives); err != nil {
		return err
	}
	if err := t.link(ctx, r, dir, "cell/probe", nil, closure(archives, imports), archives); err != nil {
		return err
	}
	out, said, err := t.run(ctx, dir, t.env, t.Host(), "load", filepath.Join(dir, "unit.so"))
	if err != nil {
		return toolError("loading a plugin", said, err)
	}
	if string(out) != "loaded" {
		return fmt.Errorf("loading a plugin: it printed %q", out)
	}
	return nil
}

// questions are flags that Go's linker tries on the C compiler at every link: it
// compiles and links a trivial.c with each, which takes as long as linking a unit.
var questions = []string{"-Wl,--build-id=0x1234567890abcdef", "-Qunused-arguments"}

// answer makes a script that knows the answers and otherwise is the C compiler.
// There is none but on Linux.
func (t *Toolchain) answer(ctx context.Context) (ok bool, err error) {
	if runtime.GOOS != "linux" {
		return false, nil
	}
	dir, err := tempDir(t.dir)
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "trivial.c"), []byte("int main() { return 0; }\n"), 0o600); err != nil {
		return false, err
	}
	var script strings.Builder
	script.WriteString("#!/bin/sh\n# What Go's linker asks at every link is answered at once; the rest goes to the C compiler.\ncase \"$*\" in\n")
	cc := strings.Fields(t.settings["CC"])
	for _, flag := range questions {
		args := append(cc[1:len(cc):len(cc)], "-o", "a.out", flag, "trivial.c")
		out, said, err := t.run(ctx, dir, append(t.env, "LC_ALL=C"), cc[0], args...)
		if ctx.Err() != nil {
			return false, err
		}
		status := 0
		said += string(out)
		if err != nil || strings.Contains(said, "unrecognized") || strings.Contains(said, "unknown") {
			status = 1
		}
		fmt.Fprintf(&script, "*' %s '*/trivial.c) exit %d ;;\n", flag, status)
	}
	fmt.Fprintf(&script, "esac\nexec %s \"$@\"\n", t.settings["CC"])
	if err := writeFile(t.script(), []byte(script.String())); err != nil {
		return false, err
	}
	return true, os.Chmod(t.script(), 0o700)
}

func (t *Toolchain) script() string { return filepath.Join(t.dir, "cc") }

// cc is the command line of what links.
func (t *Toolchain) cc(r recipe) string {
	if r.Answers {
		return quote(t.script())
	}
	return t.settings["CC"]
}

// quote makes one word of a path, for flags that hold several.
func quote(path string) string {
	switch {
	case !strings.ContainsAny(path, " \t\n'\""):
		return path
	case strings.Contains(path, "'"):
		return `"` + path + `"`
	}
	return "'" + path + "'"
}
