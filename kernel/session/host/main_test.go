package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// modules are all whose packages the host may link: each costs a start some time, and
// a session's own module cannot choose its version.
var modules = []string{
	"github.com/aclements/go-moremath", // by benchmath
	"github.com/traefik/yaegi",
	"golang.org/x/perf", // benchmath, by lab
	"golang.org/x/sync",
	"golang.org/x/sys",
	"lockstep",
}

func TestModules(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, modules) {
		t.Errorf("got modules\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(modules, "\n"))
	}
}
