package check

import (
	"go/ast"
	"slices"
	"strings"

	"lockstep/kernel/cell"
)

// Remove checks the session without what names name: declarations by their keys, or of a group
// of constants by one of its names, variables, and imports. A type takes its methods with it. The result
// is an empty cell that takes them away when it is run and committed. What still uses them is an [ErrorList],
// whose errors name it. removed lists the keys of what goes, in the order of names; unknown
// those of names that name nothing.
func (s *Scope) Remove(names []string) (c *Cell, removed, unknown []string, err error) {
	live, removed, unknown := s.without(names)
	c, errs := s.checkEmpty(live)
	if len(errs) > 0 {
		return nil, removed, unknown, errs.finish()
	}
	return c, removed, unknown, nil
}

// RemoveDependents is as [Scope.Remove], but what still uses what goes, goes too.
func (s *Scope) RemoveDependents(names []string) (c *Cell, removed, unknown []string, err error) {
	live, removed, unknown := s.without(names)
	for {
		c, errs := s.checkEmpty(live)
		if len(errs) == 0 {
			return c, removed, unknown, nil
		}
		var users []string
		for _, e := range errs {
			if e.key != "" && !slices.Contains(users, e.key) {
				users = append(users, e.key)
			}
		}
		if len(users) == 0 {
			return nil, removed, unknown, errs.finish()
		}
		next, more, _ := live.without(users)
		live, removed = next, append(removed, more...)
	}
}

// without returns the scope that has lost what names name.
func (s *Scope) without(names []string) (live *Scope, removed, unknown []string) {
	live = s.clone()
	for _, name := range names {
		var keys []string
		for _, key := range live.order {
			if d := live.decls[key]; key == name || slices.Contains(d.Names, name) {
				keys = append(keys, key)
			}
		}
		switch {
		case len(keys) > 0:
			for _, key := range keys {
				live = live.WithoutDecl(key)
			}
			removed = append(removed, keys...)
		case live.vars[name] != nil:
			delete(live.vars, name)
			removed = append(removed, name)
		case live.imports[name] != "":
			delete(live.imports, name)
			removed = append(removed, name)
		case !slices.Contains(removed, name):
			unknown = append(unknown, name)
		}
	}
	return live, removed, unknown
}

// checkEmpty checks an empty cell.
func (s *Scope) checkEmpty(live *Scope) (*Cell, ErrorList) {
	g, err := cell.Parse(s.fset, "removal", "", 1)
	if err != nil {
		return nil, ErrorList{{Msg: err.Error()}} // an empty text is none that cannot be parsed
	}
	return s.check(g, TopLevel, live)
}

// Comment is the documentation comment of a declaration as written, without the last line's end; "" where there is none.
func (d *Decl) Comment() string {
	var doc *ast.CommentGroup
	switch n := d.Node.(type) {
	case *ast.FuncDecl:
		doc = n.Doc
	case *ast.GenDecl:
		doc = n.Doc
	}
	if doc == nil {
		return ""
	}
	var lines []string
	for _, c := range doc.List {
		if !strings.HasPrefix(c.Text, "//line ") { // the parser's, not the cell's
			lines = append(lines, c.Text)
		}
	}
	return strings.Join(lines, "\n")
}
