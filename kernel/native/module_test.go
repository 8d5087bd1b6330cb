package native_test

import (
	"errors"
	"fmt"
	"go/types"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/goproxytest"

	"lockstep/kernel/check/stdtypes"
	"lockstep/kernel/native"
	"lockstep/kernel/native/nativetest"
)

// online has the go command get modules from testdata and from what it has of its own
// already, into a module cache that ends with the test.
func online(t *testing.T) {
	t.Helper()
	out, err := osexec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	server := goproxytest.NewTestServer(t, filepath.Join("testdata", "modules"), "")
	t.Setenv("GOPROXY", server.URL+",file://"+filepath.ToSlash(filepath.Join(strings.TrimSpace(string(out)), "cache", "download")))
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOFLAGS", "-modcacherw") // so that the test can remove it
	t.Setenv("GOMODCACHE", filepath.Join(t.TempDir(), "modules"))
}

// module makes a session's module with requirements.
func module(t *testing.T, tc *native.Toolchain, queries ...string) *native.Module {
	t.Helper()
	m, err := tc.Module(filepath.Join(t.TempDir(), "session"))
	if err != nil {
		t.Fatal(err)
	}
	if len(queries) > 0 {
		get(t, m, queries...)
	}
	return m
}

func get(t *testing.T, m *native.Module, queries ...string) []string {
	t.Helper()
	changes, err := m.Get(t.Context(), queries...)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range changes {
		said = append(said, c.String())
	}
	return said
}

func toolchain(t *testing.T, m *native.Module) *native.Toolchain {
	t.Helper()
	tc, err := m.Toolchain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tc
}

func greeter(name string) native.Unit {
	return native.Unit{Imports: []string{"example.org/greet", "fmt", "os"}, Source: fmt.Sprintf(`package main

import (
	"example.org/greet"
	"fmt"
	"os"
)

func init() {
	greet.Write(os.Stdout, greet.Person{Name: %q})
	fmt.Println(greet.Count)
}
`, name)}
}

// TestModule has two units import a package that is not of the standard library: they share it.
func TestModule(t *testing.T) {
	online(t)
	shared := nativetest.Toolchain(t)
	m := module(t, shared)
	if said := get(t, m, "example.org/greet@v1.0.0"); !slices.Equal(said, []string{"added example.org/greet v1.0.0"}) {
		t.Errorf("got changes %q", said)
	}
	if mod, err := m.Mod(); err != nil || !strings.Contains(mod, "example.org/greet v1.0.0") {
		t.Errorf("got go.mod %s, error %v", mod, err)
	}
	tc := toolchain(t, m)
	if paths, err := m.Packages(t.Context()); err != nil || !slices.Contains(paths, "example.org/greet/words") {
		t.Errorf("got packages %q, error %v", paths, err)
	}
	if tc.Host() != shared.Host() {
		t.Error("the host is another, though the module has nothing to do with it")
	}
	first, second := build(t, tc, greeter("one")), build(t, tc, greeter("two"))
	if got, want := load(t, tc, first.Plugin, second.Plugin), "hello one\n1\nhello two\n2\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	// What has nothing to do with a package stays when the package changes.
	plain := build(t, tc, small)
	if said := get(t, m, "example.org/greet@v1.1.0"); !slices.Equal(said, []string{"changed example.org/greet v1.0.0 to v1.1.0"}) {
		t.Errorf("got changes %q", said)
	}
	tc = toolchain(t, m)
	again := build(t, tc, greeter("one"))
	if again.Path == first.Path || build(t, tc, small).Path != plain.Path {
		t.Error("want another unit where a package has changed, and the same one elsewhere")
	}
	if got, want := load(t, tc, again.Plugin), "good day one\n1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	// What the host links cannot be taken away.
	mod, err := m.Mod()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Get(t.Context(), "golang.org/x/sync@none"); err == nil || !strings.Contains(err.Error(), "takes away golang.org/x/sync, which the session's own program") {
		t.Errorf("got error %v", err)
	}
	if again, err := m.Mod(); err != nil || again != mod {
		t.Errorf("got go.mod %s, error %v, want it unchanged", again, err)
	}

	// Without a network, what is among the go command's modules is there.
	t.Setenv("GOPROXY", "off")
	alone := module(t, nativetest.Toolchain(t), "example.org/greet@v1.0.0")
	if b := build(t, toolchain(t, alone), greeter("one")); b.Path != first.Path || !b.Cached {
		t.Errorf("got %+v, want the unit of the same text and version, %s", b, first.Path)
	}
	if _, err := alone.Get(t.Context(), "example.org/unheard@v1.0.0"); err == nil || !strings.Contains(err.Error(), "example.org/unheard") {
		t.Errorf("got error %v, want the go command's", err)
	}
	_, err = toolchain(t, alone).Build(t.Context(), native.Unit{Imports: []string{"example.org/unheard"}, Source: "package main\n\nimport _ \"example.org/unheard\"\n"})
	if err == nil || !strings.Contains(err.Error(), "no required module provides package example.org/unheard") {
		t.Errorf("got error %v, want the go command's", err)
	}
}

// TestImporter looks whether what a package says of the standard library is what the
// checker knows of it.
func TestImporter(t *testing.T) {
	online(t)
	std := new(stdtypes.Importer)
	im := toolchain(t, module(t, nativetest.Toolchain(t), "example.org/greet@v1.0.0")).Importer(std)
	greet, err := im.Import("example.org/greet")
	if err != nil {
		t.Fatal(err)
	}
	write := greet.Scope().Lookup("Write").Type().(*types.Signature)
	io, err := std.Import("io")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := write.Params().At(0).Type(), io.Scope().Lookup("Writer").Type(); !types.Identical(got, want) {
		t.Errorf("Write takes %v, which is not the checker's %v", got, want)
	}
	if got, want := write.String(), "func(w io.Writer, p example.org/greet.Person)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if words, err := im.Import("example.org/greet/words"); err != nil || words.Scope().Lookup("Hello") == nil {
		t.Errorf("got package %v, error %v", words, err)
	}
	if again, err := im.Import("example.org/greet"); err != nil || again != greet {
		t.Errorf("got another package the second time, error %v", err)
	}
}

// TestImporterOver gets modules that do, and do not, change what was imported.
func TestImporterOver(t *testing.T) {
	online(t)
	m := module(t, nativetest.Toolchain(t), "example.org/greet@v1.0.0")
	im := toolchain(t, m).Importer(new(stdtypes.Importer))
	greet, err := im.Import("example.org/greet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := im.Import("github.com/google/uuid"); !errors.Is(err, native.ErrLacking) {
		t.Errorf("got error %v, want that the module lacks it", err)
	}
	// The module's own proxy is the module cache here: nothing else has it.
	t.Setenv("GOPROXY", "off")
	m = reopen(t, m)
	get(t, m, "example.org/greet@v1.0.0")
	next, changed := im.Over(t.Context(), toolchain(t, m))
	if again, err := next.Import("example.org/greet"); len(changed) > 0 || err != nil || again != greet {
		t.Errorf("got changed %v, the same package %t, error %v", changed, again == greet, err)
	}
	if _, err := m.Get(t.Context(), "example.org/greet@latest"); err == nil {
		t.Error("got a module without a network")
	}
	if changes, err := m.GetLocal(t.Context(), "example.org/greet@latest"); err != nil || len(changes) != 0 {
		t.Errorf("got %v, %v, want the one version that is in the module cache", changes, err)
	}
	online(t)
	m = reopen(t, m)
	get(t, m, "example.org/greet@v1.1.0")
	next, changed = next.Over(t.Context(), toolchain(t, m))
	if again, err := next.Import("example.org/greet"); !slices.Contains(changed, "example.org/greet") || err != nil || again == greet {
		t.Errorf("got changed %v, the same package %t, error %v", changed, again == greet, err)
	}
}

// reopen opens a module with the environment as it is now.
func reopen(t *testing.T, m *native.Module) *native.Module {
	t.Helper()
	m, err := nativetest.Toolchain(t).Module(m.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRealModule uses one of the modules that this program is made with.
func TestRealModule(t *testing.T) {
	online(t)
	tc := toolchain(t, module(t, nativetest.Toolchain(t), "github.com/google/uuid@v1.6.0"))
	u := build(t, tc, native.Unit{Imports: []string{"fmt", "github.com/google/uuid"}, Source: `package main

import (
	"fmt"

	"github.com/google/uuid"
)

func init() { fmt.Println(uuid.Nil) }
`})
	if got, want := load(t, tc, u.Plugin), "00000000-0000-0000-0000-000000000000\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRaise gets a module that wants a newer version of what the host links: a host
// with that is built.
func TestRaise(t *testing.T) {
	online(t)
	shared := nativetest.Toolchain(t)
	m := module(t, shared, "example.org/eager@v1.0.0")
	tc := toolchain(t, m)
	if tc.Host() == shared.Host() {
		t.Fatal("the host is the same, though it links another version of golang.org/x/sync")
	}
	if err := tc.Prepare(t.Context(), func(text string) { t.Log(text) }); err != nil {
		t.Fatal(err)
	}
	u := build(t, tc, native.Unit{Imports: []string{"example.org/eager", "fmt", "lockstep/lab"}, Source: `package main

import (
	"example.org/eager"
	"fmt"
	_ "lockstep/lab"
)

func init() { fmt.Println(eager.Origin()) }
`})
	if got, want := load(t, tc, u.Plugin), "the stand-in\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	get(t, m, "example.org/greet@v1.0.0")
	if again := toolchain(t, m); again.Host() != tc.Host() {
		t.Error("the host is another after a module that has nothing to do with it")
	}
}
