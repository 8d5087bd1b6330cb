package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// Import rules of ARCHITECTURE.md, as data. Paths are relative to the module;
// "x/..." is x and everything below it. Tests may import what they need.

// only lists what of ours a package may import.
var only = map[string][]string{
	"exec/gil":            {},
	"exec/measure":        {},
	"exec/shm":            {},
	"kernel/cell":         {},
	"exec/held":           {},
	"notebooks/nb":        {"exec/held"},
	"install":             {},
	"kernel/display":      {},
	"lab":                 {"exec/measure", "exec/shm"},
	"exec":                {"exec/gil", "exec/measure"},
	"kernel/check":        {"kernel/cell"},
	"kernel/lang":         {"kernel/display"},
	"kernel/rewrite":      {"kernel/cell", "kernel/check", "kernel/rewrite/mark"},
	"kernel/rewrite/mark": {},
	"kernel/godoc":        {},
	"kernel/native":       {},
	"notebooks/page":      {"notebooks/nb"},
}

// never lists pairs that must not be joined, directly or through others.
var never = []struct{ from, to string }{
	{"exec/...", "kernel/..."},
	{"kernel", "kernel/session/..."},
	{"kernel", "kernel/live"},
	{"kernel/live", "kernel/wire"},
	{"kernel/session/...", "kernel/wire"},
	{"kernel/session/...", "kernel/native"},
	{"kernel/session/...", "exec/cluster"}, // the session asks the kernel
	{"kernel/session", "exec/render"},
	{"kernel/session", "kernel/check/..."},
	{"kernel/session/...", "exec/gotrace"}, // the host stays small
	{"notebooks/page", "kernel/..."},
}

// owners lists outside packages that one place alone may import.
var owners = map[string][]string{
	"github.com/go-zeromq/zmq4":          {"kernel/wire"},
	"github.com/google/uuid":             {"kernel/wire"},
	"github.com/traefik/yaegi/":          {"kernel/session/..."},
	"modernc.org/sqlite":                 {"kernel/history"},
	"github.com/alecthomas/chroma":       {"notebooks/page"},
	"github.com/yuin/goldmark":           {"notebooks/page"},
	"github.com/microcosm-cc/bluemonday": {"notebooks/page"},
	"github.com/nats-io/":                {"exec/cluster", "bench/scaling"}, // which measures the server itself
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestLayers(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps=false", "-json=ImportPath,Imports,Deps", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "lockstep"), "/")
		seen[name] = true
		checkPackage(t, name, p)
	}
	for name := range only {
		if !seen[name] {
			t.Errorf("package %s of the rules does not exist", name)
		}
	}
}

func checkPackage(t *testing.T, name string, p listed) {
	t.Helper()
	for _, imp := range p.Imports {
		if ours, ok := strings.CutPrefix(imp, "lockstep/"); ok {
			if allowed, limited := only[name]; limited && !matchAny(ours, allowed) {
				t.Errorf("%s imports %s; it may import of ours only %v", name, ours, allowed)
			}
			continue
		}
		for prefix, places := range owners {
			if strings.HasPrefix(imp+"/", prefix) && !matchAny(name, places) {
				t.Errorf("%s imports %s, which belongs to %v", name, imp, places)
			}
		}
	}
	for _, dep := range p.Deps {
		ours, ok := strings.CutPrefix(dep, "lockstep/")
		for _, rule := range never {
			if ok && match(name, rule.from) && match(ours, rule.to) {
				t.Errorf("%s reaches %s; %s must never reach %s", name, ours, rule.from, rule.to)
			}
		}
	}
}

func matchAny(name string, patterns []string) bool {
	for _, p := range patterns {
		if match(name, p) {
			return true
		}
	}
	return false
}

func match(name, pattern string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == base || strings.HasPrefix(name, base+"/")
	}
	return name == pattern
}
