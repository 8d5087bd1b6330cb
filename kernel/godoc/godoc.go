// Package godoc finds what the authors of packages wrote about them: the
// documentation comments of the standard library, from the source of the Go
// toolchain on this machine, and of the packages of this module that are made for
// cells, which are embedded. Without a toolchain there is nothing of the
// standard library to find, and nothing is made up.
//
// Reading order: [Library], [Entry], [Text].
package godoc

import (
	"context"
	"go/doc/comment"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Library finds documentation. The zero value is ready and looks for the
// toolchain when it is first asked; it keeps what it read. Safe for concurrent use.
type Library struct {
	// Root is the toolchain's GOROOT, "" to find it.
	Root string
	// Dir returns the folder with the source of a package that is not in the standard library, "" where
	// that is not known. nil knows none.
	Dir func(path string) string

	find     sync.Once
	mu       sync.Mutex
	packages map[string]*pkg // by folder
}

// Entry is the documentation of one name.
type Entry struct {
	pkg *pkg
	doc string
	// Source is where the declaration stands: a file, and bytes from … to in it.
	file     string
	from, to int
}

// Text is a documentation comment made readable.
type Text struct{ Plain, Markdown string }

// pkg is what is known of one package, by "Name", "Type.Member", or "" for the
// package itself.
type pkg struct {
	once    sync.Once
	entries map[string]Entry
}

// Lookup finds the documentation of a package (symbol ""), of a package-level name in it, or
// of a method or field of that. The predeclared names are in "builtin".
func (l *Library) Lookup(path, symbol, member string) (Entry, bool) {
	key := symbol
	if member != "" {
		key += "." + member
	}
	e, ok := l.open(path).entries[key]
	return e, ok
}

func (l *Library) open(path string) *pkg {
	l.find.Do(func() {
		if l.Root == "" {
			l.Root = goroot()
		}
	})
	dir := ""
	if l.Dir != nil {
		dir = l.Dir(path)
	}
	if dir == "" && l.Root != "" {
		dir = filepath.Join(l.Root, "src", filepath.FromSlash(path))
	}
	l.mu.Lock()
	key := dir
	if key == "" {
		key = path // of this module
	}
	p := l.packages[key]
	if p == nil {
		p = &pkg{entries: map[string]Entry{}}
		if l.packages == nil {
			l.packages = map[string]*pkg{}
		}
		l.packages[key] = p
	}
	l.mu.Unlock()
	p.once.Do(func() {
		if own, ok := embedded()[path]; ok {
			for key, doc := range own {
				p.entries[key] = Entry{pkg: p, doc: doc}
			}
			return
		}
		if dir != "" {
			p.read(dir, path)
		}
	})
	return p
}

// findTime bounds the question where the toolchain is: it may be a wrapper
// that fetches one.
const findTime = 5 * time.Second

// goroot asks the toolchain where it is, "" where there is none.
func goroot() string {
	if root := os.Getenv("GOROOT"); root != "" {
		return root
	}
	ctx, cancel := context.WithTimeout(context.Background(), findTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// Text returns the documentation, empty when the author wrote none.
func (e Entry) Text() Text {
	return render(e.doc, func(recv, name string) bool {
		if recv != "" {
			name = recv + "." + name
		}
		_, ok := e.pkg.entries[name]
		return ok
	})
}

// Source returns the declaration as it stands in its file, "" when it is not at hand.
func (e Entry) Source() string {
	if e.file == "" {
		return ""
	}
	data, err := os.ReadFile(e.file)
	if err != nil || e.to > len(data) {
		return "" // changed or gone since it was read
	}
	return string(data[e.from:e.to])
}

// Render makes a comment readable whose package is not known.
func Render(doc string) Text { return render(doc, nil) }

func render(doc string, known func(recv, name string) bool) Text {
	if strings.TrimSpace(doc) == "" {
		return Text{}
	}
	parser := comment.Parser{LookupSym: known}
	printer := comment.Printer{
		HeadingLevel: 4,
		HeadingID:    func(*comment.Heading) string { return "" },
		// A name in brackets is set as a name; where its page is, is not ours to say.
		DocLinkURL: func(*comment.DocLink) string { return "" },
	}
	parsed := parser.Parse(doc)
	return Text{Plain: string(printer.Text(parsed)), Markdown: string(printer.Markdown(parsed))}
}
