// Package page writes notebooks as HTML: one self-contained page each, and an
// index.
//
// A page needs nothing but itself. Styles, scripts and pictures are inside;
// what an author or an output would fetch from the network is replaced by a
// link to it, and the page's content security policy forbids the rest. Pages
// have a light and a dark theme, a table of contents, and links to their
// neighbours, and can be printed.
//
// Text is escaped. HTML, SVG and JavaScript of a notebook are put into the page
// as they are, as in Jupyter and nbconvert: a page is as trustworthy as the
// notebook that it shows. [Options].Sanitize is for notebooks of strangers.
//
// [Write] writes a set of pages, [Render] one. The package executes nothing.
// Linking it costs 19 ms at the start of a process (chroma's lexers), so keep it
// out of processes that must be quick.
package page

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"lockstep/notebooks/nb"
)

// A Status says how the execution of a notebook ended.
type Status int

// The statuses. A notebook that was only converted is NotRun.
const (
	NotRun Status = iota
	Passed
	Failed
)

// String returns the status in words.
func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	}
	return "not run"
}

// A Source is a notebook to be shown.
type Source struct {
	// Name is the path of the notebook's file without .ipynb, with forward
	// slashes and relative to the set, such as 01-classic-benchmark. Links
	// between notebooks are resolved by it, and the page is named after it.
	Name string
	// Notebook is not changed.
	Notebook *nb.Notebook
	// Dir is the folder in which the notebook lies; images that its text names
	// by a relative path are taken from there into the page. "" takes none.
	Dir string

	Status Status
	// Elapsed is the time that the execution took; 0 is not shown.
	Elapsed time.Duration
	// Problem says in one line what went wrong in a notebook that failed.
	Problem string
}

// Options are what the pages of a set have in common. The zero value works.
type Options struct {
	// Title names the set, on its index and on top of each page; "" means
	// "Notebooks".
	Title string
	// Intro is Markdown for the top of the index.
	Intro string
	// Language is that of the code in notebooks that name none; "" means "go".
	Language string
	// Sanitize reduces HTML, SVG and Markdown of the notebooks to what needs no
	// trust: tables, pictures, drawings, formulas and text. Scripts, frames, forms,
	// event handlers, style sheets and styles that reach beyond their place are left
	// out, the page says so where elements are missing, and its content security
	// policy lets only its own scripts run.
	Sanitize bool
}

func (o Options) withDefaults() Options {
	if o.Title == "" {
		o.Title = "Notebooks"
	}
	if o.Language == "" {
		o.Language = "go"
	}
	return o
}

// Write writes a page for each notebook and index.html into dir, which it makes
// if needed, and returns the paths of the files: the index first, then the
// pages in order. Other files in dir stay; files of the same names are
// replaced, each at once by a rename.
func Write(dir string, pages []Source, opt Options) ([]string, error) {
	opt = opt.withDefaults()
	if len(pages) == 0 {
		return nil, errors.New("pages: want at least one notebook, got none")
	}
	for _, p := range pages {
		if p.Notebook == nil {
			return nil, fmt.Errorf("page %q: want a notebook, got none", p.Name)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s := newSet(pages, opt)
	files := []string{filepath.Join(dir, indexFile)}
	// The index shows titles and summaries, which the pages bring to light.
	for i := range pages {
		var b bytes.Buffer
		if err := s.page(&b, i); err != nil {
			return nil, fmt.Errorf("%s: %w", pages[i].Name, err)
		}
		file := filepath.Join(dir, s.entries[i].File)
		if err := replaceFile(file, b.Bytes()); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	var b bytes.Buffer
	if err := s.index(&b); err != nil {
		return nil, err
	}
	return files, replaceFile(files[0], b.Bytes())
}

// Render writes one page, without links to others.
func Render(w io.Writer, page Source, opt Options) error {
	if page.Notebook == nil {
		return fmt.Errorf("page %q: want a notebook, got none", page.Name)
	}
	s := newSet([]Source{page}, opt.withDefaults())
	s.alone = true
	var b bytes.Buffer
	if err := s.page(&b, 0); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func replaceFile(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

const indexFile = "index.html"

// fileNames returns a file name for each notebook: flat, safe in a URL and on
// every file system, and different in more than case.
func fileNames(pages []Source) []string {
	taken := map[string]bool{indexFile: true}
	names := make([]string, len(pages))
	for i, p := range pages {
		stem := strings.Trim(strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_':
				return r
			case r > 0x7f:
				return r
			}
			return '-'
		}, path.Clean(filepath.ToSlash(p.Name))), "-.")
		if stem == "" {
			stem = "notebook"
		}
		name := stem + ".html"
		for n := 2; taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s-%d.html", stem, n)
		}
		taken[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
