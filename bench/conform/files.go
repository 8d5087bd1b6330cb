package main

import (
	"go/build/constraint"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// allGroups are the folders of GOROOT/test that hold language tests; base and
// range are the files of the top folder.
var allGroups = []string{"base", "range", "typeparam", "ken", "chan", "interface", "fixedbugs"}

func groupOf(root, file string) string {
	rel, _ := filepath.Rel(root, file)
	switch dir := filepath.Dir(rel); {
	case dir == "." && strings.HasPrefix(rel, "range"):
		return "range"
	case dir == ".":
		return "base"
	default:
		return filepath.ToSlash(dir)
	}
}

// candidates are the single-file run tests whose build constraints hold here.
func candidates(root string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if wanted(string(src)) {
			out = append(out, path)
		}
		return nil
	})
	return out, err
}

// wanted reports whether a test is to be compiled and run without flags here.
func wanted(src string) bool {
	head, _, _ := strings.Cut(src, "\npackage ")
	first := ""
	for l := range strings.Lines(head) {
		l = strings.TrimSpace(l)
		if x, err := constraint.Parse(l); err == nil {
			if !x.Eval(holds) {
				return false
			}
		} else if first == "" {
			first = l
		}
	}
	return first == "// run"
}

func holds(tag string) bool {
	return tag == runtime.GOOS || tag == runtime.GOARCH || tag == "unix" || tag == "gc" || tag == "cgo" || strings.HasPrefix(tag, "go1.")
}
