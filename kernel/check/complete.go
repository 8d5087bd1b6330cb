package check

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// ItemKind says what a completion or a description is about; its spelling is lang's.
type ItemKind string

// The kinds of items.
const (
	FunctionItem ItemKind = "function"
	MethodItem   ItemKind = "method"
	FieldItem    ItemKind = "field"
	VariableItem ItemKind = "variable"
	ConstantItem ItemKind = "constant"
	TypeItem     ItemKind = "type"
	PackageItem  ItemKind = "package"
	KeywordItem  ItemKind = "keyword"
)

// Item is one completion.
type Item struct {
	Text string
	Kind ItemKind
	// Signature is the parameters and results of a function or method, the type of a
	// variable, field or constant, the import path of a package; "" for the rest.
	Signature string
}

// Catalog is a [Packages] that can list its packages. With one, names and
// paths of packages are completed.
type Catalog interface {
	// All returns the name of every package that needs no import declaration, by its import path. The
	// caller does not change the map.
	All() map[string]string
	// Paths returns the import paths that can be written, sorted.
	Paths() []string
}

// group orders the items that fit a prefix alike.
type group int

const (
	literalField group = iota // keys of the struct literal that the cursor is in
	local
	session
	member
	importable
	universe
	keyword
)

// candidate is an item before it is compared with what was typed.
type candidate struct {
	Item
	group group
}

// Complete lists what can stand at offset, in bytes, of a cell's Go source,
// which may be unfinished or wrong anywhere. The items replace text[start:end];
// what fits as typed comes first, then what fits but for case. The same text as
// a run cell would see the same names.
func (s *Scope) Complete(text string, offset int, place Place) (start, end int, items []Item) {
	text = strings.ReplaceAll(text, "\r", " ") // the scanner drops them from literals, and positions with them
	offset = max(0, min(offset, len(text)))
	all := lexemes(text)
	for i, l := range all {
		if l.inside(offset) {
			if l.tok == token.STRING && importsHere(withoutComments(all[:i])) {
				return s.completePath(text, l, offset)
			}
			return offset, offset, nil
		}
	}
	start, end = offset, offset
	lex := withoutComments(all)
	var dot int
	if w, ok := word(all, offset); ok {
		// What is typed on in the middle of a word is that word; before one it is a new word.
		dot = before(lex, w.off) - 1
		start = w.off
		if offset > w.off || dot >= 0 && lex[dot].tok == token.PERIOD {
			end = w.end
		}
		text = text[:w.off] + hole + text[w.end:]
	} else {
		text = text[:offset] + hole + text[offset:]
	}
	q := question{s: s, place: place, text: text, at: start, lex: withoutComments(lexemes(text))}
	q.prev = before(q.lex, start) - 1
	q.selects = q.prev >= 0 && q.lex[q.prev].tok == token.PERIOD
	prefix := prefixOf(lex, start, offset)
	return start, end, fit(q.candidates(prefix), prefix)
}

func prefixOf(lex []lexeme, start, offset int) string {
	for _, l := range lex {
		if l.off == start && offset > start {
			return l.lit[:offset-start]
		}
	}
	return ""
}

// question is a text with the hole at the cursor.
type question struct {
	s       *Scope
	place   Place
	text    string
	at      int // where the hole begins
	lex     []lexeme
	prev    int  // index in lex of what is before the hole, -1 for nothing
	selects bool // that is a period
}

func (q *question) candidates(prefix string) []candidate {
	p := q.understand()
	if q.selects {
		if p == nil {
			return nil
		}
		return p.selectable()
	}
	if p == nil || q.expectsClause() {
		return q.keywords(p)
	}
	var out []candidate
	switch {
	case p.isType():
		out = slices.DeleteFunc(p.names(prefix), func(c candidate) bool { return c.Kind != TypeItem && c.Kind != PackageItem })
	case p.isNew():
		return nil
	default:
		fields, only := p.literalFields()
		out = fields
		if !only {
			out = append(out, p.names(prefix)...)
		}
	}
	return append(out, q.keywords(p)...)
}

// understand finds a reading of the text that keeps the hole and says enough
// about it: the text as it stands, then mended, then cut off at the cursor, then
// the operand alone. nil when there is none.
func (q *question) understand() *partial {
	wanted := func(_ *token.FileSet, id *ast.Ident) bool { return id.Name == hole }
	mended, _ := mend(q.text)
	cut, _ := mend(q.text[:q.at+len(hole)])
	alone := hole
	if q.selects {
		alone = q.text[operandBefore(q.lex, q.prev):q.at] + hole
	}
	for i, text := range []string{q.text, mended, cut, alone} {
		accept := broken
		if i == 0 {
			accept = sound
		}
		p := q.s.partial(text, q.place, wanted, accept)
		if p == nil {
			continue
		}
		if sel := p.selector(); sel != nil {
			if _, _, ok := p.operand(sel.X); !ok {
				continue
			}
		}
		return p
	}
	return nil
}

// fit keeps the candidates that begin with prefix, sorted, each name once.
func fit(all []candidate, prefix string) []Item {
	lower := strings.ToLower(prefix)
	exact := func(c candidate) int {
		if strings.HasPrefix(c.Text, prefix) {
			return 0
		}
		return 1
	}
	all = slices.DeleteFunc(all, func(c candidate) bool { return !strings.HasPrefix(strings.ToLower(c.Text), lower) })
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(exact(a), exact(b)), cmp.Compare(a.group, b.group), cmp.Compare(a.Text, b.Text))
	})
	var items []Item
	seen := map[string]bool{}
	for _, c := range all {
		if !seen[c.Text] {
			seen[c.Text] = true
			items = append(items, c.Item)
		}
	}
	return items
}

// selectable lists the members of the selector's operand.
func (p *partial) selectable() []candidate {
	sel := p.selector()
	if sel == nil {
		return nil
	}
	pkg, tv, ok := p.operand(sel.X)
	var out []candidate
	switch {
	case pkg != nil:
		for _, imported := range p.sameName(pkg) {
			out = append(out, packageMembers(imported)...)
		}
	case ok:
		out = members(p.pkg, tv)
	}
	if p.isType() {
		out = slices.DeleteFunc(out, func(c candidate) bool { return c.Kind != TypeItem })
	}
	return out
}

// sameName returns the packages that a package's name can still mean: the
// members that are selected may decide between math/rand and crypto/rand.
func (p *partial) sameName(name *types.PkgName) []*types.Package {
	out := []*types.Package{name.Imported()}
	if p.fixed(name.Name()) {
		return out
	}
	for _, path := range p.scope.packages.ByName(name.Name()) {
		pkg, err := p.scope.packages.Import(path)
		if err == nil && pkg != out[0] && hasAll(pkg, p.members[name.Name()]) {
			out = append(out, pkg)
		}
	}
	return out
}
