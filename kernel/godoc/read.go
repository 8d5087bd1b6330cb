package godoc

import (
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
)

// read takes in the package in a directory. What cannot be read or parsed is
// left out: half of the documentation is better than none.
func (p *pkg) read(dir, path string) {
	context := build.Default
	context.CgoEnabled = true
	found, err := context.ImportDir(dir, 0)
	if err != nil {
		return
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range append(found.GoFiles, found.CgoFiles...) {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil {
			files = append(files, f)
		}
	}
	r := reader{pkg: p, fset: fset, ends: map[ast.Decl]token.Pos{}}
	for _, f := range files {
		for _, d := range f.Decls {
			r.ends[d] = d.End() // go/doc takes the bodies away
		}
	}
	mode := doc.Mode(0)
	if path == "builtin" {
		mode = doc.AllDecls // its names are lower case
	}
	d, err := doc.NewFromFiles(fset, files, path, mode)
	if err != nil {
		return
	}
	r.all(d)
}

// reader sorts what go/doc found into entries.
type reader struct {
	*pkg
	fset *token.FileSet
	ends map[ast.Decl]token.Pos
}

func (r *reader) all(d *doc.Package) {
	r.entries[""] = Entry{pkg: r.pkg, doc: d.Doc}
	r.values(d.Consts)
	r.values(d.Vars)
	r.funcs("", d.Funcs)
	for _, t := range d.Types {
		r.values(t.Consts)
		r.values(t.Vars)
		r.funcs("", t.Funcs)
		r.add(t.Name, t.Doc, t.Decl)
		r.members(t)
		r.funcs(t.Name+".", t.Methods)
	}
}

func (r *reader) add(key, doc string, decl ast.Decl) {
	e := Entry{pkg: r.pkg, doc: doc}
	if end := r.ends[decl]; end.IsValid() {
		file := r.fset.File(decl.Pos())
		e.file, e.from, e.to = file.Name(), file.Offset(decl.Pos()), file.Offset(end)
	}
	r.entries[key] = e
}

func (r *reader) funcs(prefix string, list []*doc.Func) {
	for _, f := range list {
		r.add(prefix+f.Name, f.Doc, f.Decl)
	}
}

// values takes constants and variables; one without a comment has its group's.
func (r *reader) values(list []*doc.Value) {
	for _, v := range list {
		for _, s := range v.Decl.Specs {
			spec := s.(*ast.ValueSpec)
			text := v.Doc
			for _, g := range []*ast.CommentGroup{spec.Comment, spec.Doc} {
				if own := g.Text(); own != "" {
					text = own
				}
			}
			for _, name := range spec.Names {
				r.add(name.Name, text, v.Decl)
			}
		}
	}
}

// members takes the fields of a struct and the methods of an interface.
func (r *reader) members(t *doc.Type) {
	for _, s := range t.Decl.Specs {
		spec, ok := s.(*ast.TypeSpec)
		if !ok || spec.Name.Name != t.Name {
			continue
		}
		var list *ast.FieldList
		switch u := spec.Type.(type) {
		case *ast.StructType:
			list = u.Fields
		case *ast.InterfaceType:
			list = u.Methods
		default:
			continue
		}
		for _, f := range list.List {
			text := f.Doc.Text()
			if text == "" {
				text = f.Comment.Text()
			}
			for _, name := range f.Names {
				r.add(t.Name+"."+name.Name, text, t.Decl)
			}
		}
	}
}
