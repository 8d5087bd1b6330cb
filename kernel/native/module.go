package native

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
)

// A Module is the session's own Go module: a folder with a go.mod, whose
// requirements are what units may import beyond the standard library. It is safe for concurrent use.
type Module struct {
	t   *Toolchain
	dir string

	mu       sync.Mutex
	last     *Toolchain // for its module's present state
	asked    []string   // paths of packages and modules that were got
	modCache string     // "" as long as it is not known
}

// A snapshot is a session's module with the versions it has now.
type snapshot struct {
	dir   string
	key   string // of go.mod and go.sum
	shelf *shelf
}

// A Version is a module and its version; the version is empty if there is none.
type Version struct{ Path, Version string }

// A Change is what [Module.Get] did to one requirement.
type Change struct{ Path, Old, New string }

// String says it as the go command does.
func (c Change) String() string {
	switch {
	case c.Old == "":
		return "added " + c.Path + " " + c.New
	case c.New == "":
		return "removed " + c.Path + " " + c.Old
	}
	return fmt.Sprintf("changed %s %s to %s", c.Path, c.Old, c.New)
}

// Module makes the module in dir, or opens the one that is there. t must be
// prepared. The module requires what the host links, in the host's versions, so that
// they are what its other requirements are held against.
func (t *Toolchain) Module(dir string) (*Module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	m := &Module{t: t, dir: dir}
	if isFile(filepath.Join(dir, "go.mod")) {
		return m, nil
	}
	linked, err := t.linked()
	if err != nil {
		return nil, err
	}
	oldest, err := goLine(t.opt.Source)
	if err != nil {
		return nil, err
	}
	var mod strings.Builder
	fmt.Fprintf(&mod, "module session\n\ngo %s\n\n// What the session's own program is built with.\nrequire (\n", strings.TrimPrefix(oldest, "go"))
	for _, v := range linked {
		fmt.Fprintf(&mod, "\t%s %s\n", v.Path, v.Version)
	}
	mod.WriteString(")\n")
	sums, err := fs.ReadFile(t.opt.Source, "go.sum")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// The sums first: with go.mod the module is there.
	return m, errors.Join(writeFile(filepath.Join(dir, "go.sum"), sums), writeFile(filepath.Join(dir, "go.mod"), []byte(mod.String())))
}

// Dir is the folder of the module.
func (m *Module) Dir() string { return m.dir }

// Mod is the text of its go.mod.
func (m *Module) Mod() (string, error) {
	text, err := os.ReadFile(filepath.Join(m.dir, "go.mod"))
	return string(text), err
}

// ErrSum is that a module is not the one whose sum is known, by go.sum or by the checksum
// database: somebody has changed it.
var ErrSum = errors.New("the module's content has changed, so nothing of it is used: its sum is not the one that was known before")

// mismatch are the go command's words for that.
const mismatch = "checksum mismatch"

// Get adds requirements, or changes their versions, by go get: "example.org/m@v1.2.0",
// "example.org/m/pkg@latest". The error is the go command's, and nothing has changed then;
// with [ErrSum] it is the sum's. Sums are verified as the user's settings of the go command say.
func (m *Module) Get(ctx context.Context, queries ...string) ([]Change, error) {
	return m.get(ctx, nil, queries)
}

// GetLocal is [Module.Get] with what is in the go command's module cache, and without a
// network for the module itself: without a version, it takes the newest that is there. Its sum is
// verified as with Get, by go.sum or the checksum database.
func (m *Module) GetLocal(ctx context.Context, queries ...string) ([]Change, error) {
	cache, err := m.cache(ctx)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "cache", "download")
	var exact []string
	for _, q := range queries {
		exact = append(exact, newestIn(dir, q))
	}
	proxy := url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}
	return m.get(ctx, []string{"GOPROXY=" + proxy.String(), "GONOPROXY=none"}, exact)
}

func (m *Module) get(ctx context.Context, env, queries []string) ([]Change, error) {
	before, err := m.requirements()
	if err != nil {
		return nil, err
	}
	linked, err := m.t.linked()
	if err != nil {
		return nil, err
	}
	undo, err := m.Undo()
	if err != nil {
		return nil, err
	}
	args := append([]string{"get", "--"}, queries...)
	_, said, err := m.t.run(ctx, m.dir, append(m.changing(), env...), m.t.command, args...)
	if err != nil {
		if ctx.Err() == nil && said != "" {
			err = errors.New(said)
		}
		if strings.Contains(said, mismatch) {
			err = fmt.Errorf("%w\n%s", ErrSum, said)
		}
		return nil, err
	}
	after, err := m.requirements()
	if err != nil {
		return nil, err
	}
	for _, v := range linked {
		if after[v.Path] == "" {
			return nil, errors.Join(fmt.Errorf("that takes away %s, which the session's own program is built with", v.Path), undo())
		}
	}
	m.mu.Lock()
	for _, q := range queries {
		path, _, _ := strings.Cut(q, "@")
		m.asked = append(m.asked, path)
	}
	m.mu.Unlock()
	var changes []Change
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if c := (Change{path, before[path], after[path]}); c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// Undo returns what brings the requirements back that the module has now.
func (m *Module) Undo() (func() error, error) {
	mod, err := m.Mod()
	if err != nil {
		return nil, err
	}
	sums, err := os.ReadFile(filepath.Join(m.dir, "go.sum"))
	if err != nil {
		return nil, err
	}
	return func() error {
		return errors.Join(writeFile(filepath.Join(m.dir, "go.sum"), sums), writeFile(filepath.Join(m.dir, "go.mod"), []byte(mod)))
	}, nil
}

// changing is an environment in which the go command may change go.mod.
func (m *Module) changing() []string {
	return append(m.t.env, "GOFLAGS="+m.t.settings["GOFLAGS"]+" -mod=mod")
}

// file is the module's go.mod.
func (m *Module) file() (*modfile.File, error) {
	text, err := m.Mod()
	if err != nil {
		return nil, err
	}
	return modfile.Parse("go.mod", []byte(text), nil)
}

// requirements are the versions by module path that go.mod asks for.
func (m *Module) requirements() (map[string]string, error) {
	mod, err := m.file()
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, r := range mod.Require {
		all[r.Mod.Path] = r.Mod.Version
	}
	return all, nil
}

// Toolchain builds units that may import packages of the module as it stands; ask
// again after [Module.Get]. Its [Toolchain.Host] is another program than before
// if the module has other versions of what the host links than the session's process
// was built with; that toolchain has to be prepared, and the session started anew.
func (m *Module) Toolchain(ctx context.Context) (*Toolchain, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, err := m.key()
	if err != nil {
		return nil, err
	}
	if m.last != nil && m.last.module.key == key {
		return m.last, nil
	}
	linked, err := m.t.linked()
	if err != nil {
		return nil, err
	}
	selected, err := m.selected(ctx, linked)
	if err != nil {
		return nil, err
	}
	t := *m.t
	if !slices.Equal(selected, linked) {
		if err := t.relink(m.dir, selected); err != nil {
			return nil, err
		}
	}
	t.module = &snapshot{dir: m.dir, key: key}
	t.module.shelf = &shelf{file: t.module.shelfFile(t.dir, ""), log: t.log}
	m.last = &t
	return m.last, nil
}

// key is a hash of go.mod and go.sum.
func (m *Module) key() (string, error) {
	h := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(m.dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		fmt.Fprintf(h, "%d %s", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))[:20], nil
}

// selected are the versions that the module has of other modules.
func (m *Module) selected(ctx context.Context, of []Version) ([]Version, error) {
	args := []string{"list", "-m", "-f", "{{.Path}} {{.Version}}{{with .Replace}} => {{.Path}} {{.Version}}{{end}}", "--"}
	for _, v := range of {
		args = append(args, v.Path)
	}
	out, said, err := m.t.run(ctx, m.dir, m.changing(), m.t.command, args...)
	if err != nil {
		return nil, toolError("the session's module", said, err)
	}
	return versions(string(out)), nil
}

// versions reads lines of path and version.
func versions(text string) []Version {
	var all []Version
	for line := range strings.Lines(text) {
		if path, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			all = append(all, Version{path, version})
		}
	}
	slices.SortFunc(all, func(a, b Version) int { return cmp.Compare(a.Path, b.Path) })
	return slices.Compact(all)
}

// linkedFile holds the result of linked, as lines of path and version.
func (t *Toolchain) linkedFile() string { return filepath.Join(t.dir, "linked") }

// linked are the modules that the host links, apart from this one.
func (t *Toolchain) linked() ([]Version, error) {
	text, err := os.ReadFile(t.linkedFile())
	if err != nil {
		return nil, fmt.Errorf("the native engine is not ready: %w", err)
	}
	return versions(string(text)), nil
}

// listLinked finds that out.
func (t *Toolchain) listLinked(ctx context.Context) error {
	args := []string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./kernel/session/host"}
	out, said, err := t.run(ctx, filepath.Join(t.dir, "source"), t.env, t.command, args...)
	if err != nil {
		return toolError("go list", said, err)
	}
	return writeFile(t.linkedFile(), out)
}

// relink makes t a toolchain whose host links other versions of modules, those
// of the module in dir.
func (t *Toolchain) relink(dir string, linked []Version) error {
	oldest, err := goLine(t.opt.Source)
	if err != nil {
		return err
	}
	var mod strings.Builder
	fmt.Fprintf(&mod, "module lockstep\n\ngo %s\n\nrequire (\n", strings.TrimPrefix(oldest, "go"))
	for _, v := range linked {
		if strings.Contains(v.Version, "=>") {
			return fmt.Errorf("go.mod replaces %s, which the session's own program is built with; take the replacement out", v.Path)
		}
		fmt.Fprintf(&mod, "\t%s %s\n", v.Path, v.Version)
	}
	mod.WriteString(")\n")
	own, err := fs.ReadFile(t.opt.Source, "go.sum")
	if err != nil {
		return err
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	sums := append(append(own, '\n'), sumsOf(theirs, linked)...)
	t.opt.Source = overlay{t.opt.Source, map[string][]byte{"go.mod": []byte(mod.String()), "go.sum": sums}}
	// The session's go.sum may lack what only the host needs.
	t.env = slices.Clip(append(t.env, "GOFLAGS="+t.settings["GOFLAGS"]+" -mod=mod"))
	t.builds = &builds{units: map[string]Unit{}}
	return t.place()
}

// sumsOf are the lines of a go.sum that are about some modules, each once.
func sumsOf(sums []byte, of []Version) []byte {
	var lines []string
	for line := range strings.Lines(string(sums)) {
		f := strings.Fields(line)
		if len(f) == 3 && slices.Contains(of, Version{f[0], strings.TrimSuffix(f[1], "/go.mod")}) {
			lines = append(lines, strings.TrimSpace(line)+"\n")
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(slices.Compact(lines), ""))
}

// An overlay is a file system some of whose files have other texts.
type overlay struct {
	fs.FS
	texts map[string][]byte
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if text, ok := o.texts[name]; ok {
		return text, nil
	}
	return fs.ReadFile(o.FS, name)
}
