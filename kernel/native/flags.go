package native

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Flags are build flags of a session.
type Flags struct {
	// Compile are flags of the compiler, for units: [Unit.Flags].
	Compile []string
	// Tags are build tags, parted by commas, for packages of the session's module: [Toolchain.WithTags].
	Tags string
}

// String writes them as the go command has them.
func (f Flags) String() string {
	var parts []string
	if len(f.Compile) > 0 {
		parts = append(parts, "-gcflags='"+strings.Join(f.Compile, " ")+"'")
	}
	if f.Tags != "" {
		parts = append(parts, "-tags="+f.Tags)
	}
	return strings.Join(parts, " ")
}

// compilerFlag are those flags of the compiler that make other code or have it say what
// it does, and nothing else.
var compilerFlag = regexp.MustCompile(`^-(m|m=\d+|N|l|l=\d+|S|S=\d+|B|live|d=[\w=,/.-]+)$`)

// refused are flags of the go command that a session cannot have, and why.
var refused = map[string]string{
	"race":     "the session's own program and the standard library would have to be built with it; %test -race runs tests with the race detector",
	"msan":     "the session's own program would have to be built with it",
	"asan":     "the session's own program would have to be built with it",
	"ldflags":  "units are linked as plugins, with flags of their own",
	"cover":    "units are not written for it; %test -cover runs tests so",
	"mod":      "the session's go.mod is kept by %get",
	"trimpath": "units are built with it anyway",
}

// ParseFlags reads build flags as the go command takes them: -gcflags=… and -tags=…, or with the
// value in the next word. The error tells a user why a flag cannot be had.
func ParseFlags(words []string) (Flags, error) {
	var f Flags
	for i := 0; i < len(words); i++ {
		name, value, given := strings.Cut(words[i], "=")
		flag, isFlag := strings.CutPrefix(name, "-")
		flag = strings.TrimPrefix(flag, "-")
		if !isFlag {
			return f, fmt.Errorf("%q is no flag", words[i])
		}
		if why := refused[flag]; why != "" {
			return f, fmt.Errorf("-%s is not for units: %s", flag, why)
		}
		if flag != "gcflags" && flag != "tags" {
			return f, fmt.Errorf("-%s is not for units: they take -gcflags and -tags", flag)
		}
		if !given {
			if i++; i == len(words) {
				return f, fmt.Errorf("-%s needs a value", flag)
			}
			value = words[i]
		}
		if flag == "tags" {
			f.Tags = strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }), ",")
			continue
		}
		value = strings.TrimPrefix(value, "all=")
		for _, word := range strings.Fields(value) {
			if !compilerFlag.MatchString(word) {
				return f, fmt.Errorf("-gcflags: %s is not for units: they take -m, -N, -l, -S, -B, -live and -d", word)
			}
			f.Compile = append(f.Compile, word)
		}
	}
	return f, nil
}

// WithTags is the toolchain with build tags, instead of any that it had, for packages of the session's module. The
// standard library, and what else the session's program links, stays as it is; packages that do not fit it then
// are an error.
func (t *Toolchain) WithTags(tags string) *Toolchain {
	if tags == t.tags {
		return t
	}
	next := *t
	next.tags = tags
	if t.module != nil {
		module := *t.module
		module.shelf = &shelf{file: module.shelfFile(t.dir, tags), log: t.log}
		next.module = &module
	}
	return &next
}

// shelfFile is where the archives of a module are listed.
func (s *snapshot) shelfFile(dir, tags string) string {
	name := s.key
	if tags != "" {
		sum := sha256.Sum256([]byte(tags))
		name += "-" + hex.EncodeToString(sum[:])[:10]
	}
	return filepath.Join(dir, "modules", name+".json")
}

// tagged is the environment in which packages of the module are compiled.
func (t *Toolchain) tagged() []string {
	if t.tags == "" {
		return t.env
	}
	return append(t.env, "GOFLAGS="+t.settings["GOFLAGS"]+" -tags="+t.tags)
}

// sameBase is an error if packages that the session's program links came out otherwise for
// the module.
func (t *Toolchain) sameBase(added map[string]archive) error {
	if t.tags == "" {
		return nil
	}
	base := t.base.list()
	for _, path := range slices.Sorted(maps.Keys(added)) {
		if b, ok := base[path]; ok && b.File != added[path].File {
			return fmt.Errorf("-tags=%s changes package %s, which the session's own program is built with; set GOFLAGS=-tags=%s before the kernel starts", t.tags, path, t.tags)
		}
	}
	return nil
}
