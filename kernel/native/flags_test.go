package native_test

import (
	"strings"
	"testing"

	"lockstep/kernel/native"
	"lockstep/kernel/native/nativetest"
)

func TestParseFlags(t *testing.T) {
	for _, test := range []struct{ words, want string }{
		{"-gcflags=-m", "-gcflags='-m'"},
		{"-gcflags=all=-N|-tags|a b,c", "-gcflags='-N' -tags=a,b,c"},
		{"--gcflags|-m=2 -l -d=ssa/check_bce/debug=1", "-gcflags='-m=2 -l -d=ssa/check_bce/debug=1'"},
		{"-race", "error: -race is not for units: the session's own program"},
		{"-ldflags=-s", "error: -ldflags is not for units"},
		{"-gcflags=-o=/etc/passwd", "error: -gcflags: -o=/etc/passwd is not for units"},
		{"-tags", "error: -tags needs a value"},
		{"-x", "error: -x is not for units: they take -gcflags and -tags"},
		{"m", "error: \"m\" is no flag"},
	} {
		f, err := native.ParseFlags(strings.Split(test.words, "|"))
		got := f.String()
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, test.want) || err == nil && got != test.want {
			t.Errorf("%s: got %s, want %s", test.words, got, test.want)
		}
	}
}

// TestUnitFlags looks whether the compiler gets a unit's flags, and what it says then is kept.
func TestUnitFlags(t *testing.T) {
	tc := nativetest.Toolchain(t)
	u := native.Unit{Source: "package main\n\n//line cell 1:1:1\nfunc f() *int { x := 1; return &x }\n\nvar V = f()\n"}
	plain := build(t, tc, u)
	u.Flags = []string{"-m"}
	for range 2 {
		b := build(t, tc, u)
		if b.Path == plain.Path || !strings.Contains(b.Said, "cell 1:1:17: moved to heap: x") {
			t.Errorf("got unit %s (without flags %s), said %q", b.Path, plain.Path, b.Said)
		}
	}
	if plain.Said != "" {
		t.Errorf("got %q without flags", plain.Said)
	}
}

// TestTags has a module's package built with tags.
func TestTags(t *testing.T) {
	online(t)
	m := module(t, nativetest.Toolchain(t), "example.org/greet@v1.0.0")
	tc := toolchain(t, m)
	u := native.Unit{Imports: []string{"example.org/greet", "fmt"}, Source: "package main\n\nimport (\n\t\"example.org/greet\"\n\t\"fmt\"\n)\n\nfunc init() { fmt.Println(greet.Tagged) }\n"}
	if got := load(t, tc, build(t, tc, u).Plugin); got != "false\n" {
		t.Errorf("got %q without the tag", got)
	}
	tagged := tc.WithTags("loud")
	if got := load(t, tagged, build(t, tagged, u).Plugin); got != "true\n" {
		t.Errorf("got %q with the tag", got)
	}
	if got := load(t, tc, build(t, tagged.WithTags(""), u).Plugin); got != "false\n" {
		t.Errorf("got %q without the tag again", got)
	}
	net := native.Unit{Imports: []string{"example.org/greet/net"}, Source: "package main\n\nimport _ \"example.org/greet/net\"\n"}
	if _, err := tc.WithTags("netgo").Build(t.Context(), net); err == nil || !strings.Contains(err.Error(), "GOFLAGS=-tags=netgo before the kernel starts") {
		t.Errorf("got error %v, want what to do instead", err)
	}
}
