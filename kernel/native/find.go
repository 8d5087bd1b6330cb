package native

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/sync/singleflight"
)

// Options say what a [Toolchain] works with.
type Options struct {
	// Source is the source of this module, go.mod at its root: at least the
	// packages of the session's program.
	Source fs.FS
	// Cache is the folder where everything is kept; "" is lockstep/native in the
	// user's cache folder.
	Cache string
	// Go is the go command; "" is the go on PATH.
	Go string
	// UnitBytes bounds what units take in the cache, about; 0 is 2 GiB, some 600 units.
	UnitBytes int64
	// Logger hears of what was mended. The zero value discards.
	Logger *slog.Logger
}

// A MissingError says what keeps units from being built on this machine.
type MissingError struct {
	// What is one sentence about it, without a full stop.
	What string
	// Advice is what to do about it; empty where nothing can be done.
	Advice string
}

func (e *MissingError) Error() string { return e.What }

// A Toolchain builds units. It is safe for concurrent use.
type Toolchain struct {
	opt      Options
	log      *slog.Logger
	command  string            // go
	env      []string          // of the tools that it runs
	settings map[string]string // what go env says, as far as it matters
	dir      string            // in the cache: all that depends on toolchain and source
	base     *shelf            // the standard library, and what units share with the host
	module   *snapshot         // the session's module as it stands; nil: none
	tags     string            // of builds of the module's packages; see WithTags
	builds   *builds
}

// builds are those of this process.
type builds struct {
	flight singleflight.Group
	mu     sync.Mutex
	units  map[string]Unit // by path

	pruning sync.Mutex // held by Prune
}

// settings are those of go env that a [Toolchain] needs or whose change makes other
// programs.
var settings = []string{"GOVERSION", "GOROOT", "GOTOOLDIR", "GOOS", "GOARCH", "GOFLAGS", "GOEXPERIMENT", "GOFIPS140",
	"GOAMD64", "GO386", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64",
	"CGO_ENABLED", "CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"}

// Find looks for a Go toolchain that can build plugins for this program. The
// error is a [*MissingError] if there is none. It asks go for its settings and
// builds nothing: some 20 ms.
func Find(ctx context.Context, opt Options) (*Toolchain, error) {
	t := &Toolchain{opt: opt, log: opt.Logger, builds: &builds{units: map[string]Unit{}}}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if !hasPlugins(runtime.GOOS, runtime.GOARCH) {
		return nil, &MissingError{What: fmt.Sprintf("Go has no plugins on %s/%s", runtime.GOOS, runtime.GOARCH)}
	}
	oldest, err := goLine(opt.Source)
	if err != nil {
		return nil, err
	}
	if t.command, err = osexec.LookPath(cmp.Or(opt.Go, "go")); err != nil {
		return nil, &MissingError{"there is no go command on PATH", "install Go from https://go.dev/doc/install"}
	}
	if err := t.ask(ctx, oldest); err != nil {
		return nil, err
	}
	if err := t.checkC(); err != nil {
		return nil, err
	}
	return t, t.place()
}

// hasPlugins tells where -buildmode=plugin works, of the platforms that this
// program has (go help buildmode).
func hasPlugins(goos, goarch string) bool {
	switch goos {
	case "linux":
		return slices.Contains([]string{"amd64", "arm64", "arm", "386", "s390x", "ppc64le", "loong64", "riscv64"}, goarch)
	case "darwin":
		return goarch == "amd64" || goarch == "arm64"
	case "freebsd":
		return goarch == "amd64"
	}
	return false
}

// goLine is the version that the source's go.mod asks for.
func goLine(source fs.FS) (string, error) {
	text, err := fs.ReadFile(source, "go.mod")
	if err != nil {
		return "", err
	}
	mod, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return "", err
	}
	if mod.Go == nil {
		return "", errors.New("go.mod has no go line")
	}
	return "go" + mod.Go.Version, nil
}

// ask gets go's settings, and chooses the toolchain: the one on PATH, or where that is
// too old one of those that go keeps among its modules. None is downloaded.
func (t *Toolchain) ask(ctx context.Context, oldest string) error {
	dir, err := os.MkdirTemp("", "lockstep-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// A module of our own, so that no go.mod or go.work above chooses the toolchain.
	mod := "module ask\n\ngo " + strings.TrimPrefix(oldest, "go") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600); err != nil {
		return err
	}
	t.env = goEnv(os.Environ())
	out, said, err := t.run(ctx, dir, append(t.env, "GOPROXY=off"), t.command, append([]string{"env", "-json"}, settings...)...)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		what := fmt.Sprintf("%s does not answer: %s", t.command, cmp.Or(firstLine(said), err.Error()))
		advice := "run `go env` to see why"
		if v, _, err := t.run(ctx, dir, append(t.env, "GOTOOLCHAIN=local", "GO111MODULE=off"), t.command, "env", "GOVERSION"); err == nil && older(string(v), oldest) {
			what = fmt.Sprintf("%s is older than %s, which the native engine needs", firstLine(string(v)), oldest)
			advice = "install a newer Go from https://go.dev/doc/install"
		}
		return &MissingError{what, advice}
	}
	if err := json.Unmarshal(out, &t.settings); err != nil {
		return &MissingError{fmt.Sprintf("%s does not answer: %v", t.command, err), "run `go env -json` to see why"}
	}
	t.settings["GOFLAGS"] = keptFlags(t.settings["GOFLAGS"])
	if local := filepath.Join(t.settings["GOROOT"], "bin", "go"); t.settings["GOROOT"] != "" && isFile(local) {
		t.command = local
	}
	// Clipped, so that who appends to it gets a copy.
	t.env = slices.Clip(append(t.env, "GOTOOLCHAIN=local", "GOFLAGS="+t.settings["GOFLAGS"]))
	return nil
}

func older(got, oldest string) bool {
	got = firstLine(got)
	return version.IsValid(got) && version.Compare(got, oldest) < 0
}

// goEnv is an environment for the go command that builds for this machine and
// looks at no workspace.
func goEnv(environ []string) []string {
	return append(slices.Clone(environ), "GOWORK=off", "GO111MODULE=on", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
}

// keptFlags are those of GOFLAGS that fit our builds: others, such as -race or
// -ldflags, would make a program that the units do not match.
func keptFlags(flags string) string {
	var kept []string
	for _, f := range strings.Fields(flags) {
		name, _, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if name == "tags" || name == "modcacherw" {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, " ")
}

// checkC looks for what cgo needs.
func (t *Toolchain) checkC() error {
	const install = "install a C compiler such as gcc"
	cc := strings.Fields(t.settings["CC"])
	if len(cc) == 0 {
		return &MissingError{"there is no C compiler, which linking a plugin takes", install}
	}
	if _, err := osexec.LookPath(cc[0]); err != nil {
		return &MissingError{fmt.Sprintf("there is no C compiler %s on PATH, which linking a plugin takes", cc[0]), install}
	}
	if t.settings["CGO_ENABLED"] != "1" {
		return &MissingError{"cgo is switched off (CGO_ENABLED=" + t.settings["CGO_ENABLED"] + "), and plugins need it", "unset CGO_ENABLED"}
	}
	return nil
}

// Version is the toolchain's, as in "go1.26.8".
func (t *Toolchain) Version() string { return t.settings["GOVERSION"] }

// Root is the toolchain's GOROOT.
func (t *Toolchain) Root() string { return t.settings["GOROOT"] }

// Cache is the folder in which this toolchain's work is kept.
func (t *Toolchain) Cache() string { return t.dir }

// run runs a tool and gives its output and what it wrote to its standard error.
func (t *Toolchain) run(ctx context.Context, dir string, env []string, name string, args ...string) (out []byte, said string, err error) {
	cmd := osexec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(env, "PWD="+dir), &stdout, &stderr
	cmd.WaitDelay = time.Second
	inGroup(cmd)
	err = cmd.Run()
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return stdout.Bytes(), strings.TrimSpace(stderr.String()), err
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
