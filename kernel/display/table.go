package display

import (
	"html"
	"reflect"
	"slices"
	"strings"
)

// tableBytes bounds an HTML table: fifty rows of thirty cells of long text
// would otherwise make a notebook slow to open.
const tableBytes = 100_000

// cellBytes bounds the text of one cell of a table.
const cellBytes = 100

// grid is a table before it is written: the columns' titles, and a function
// for the cells of each row.
type grid struct {
	head   []column
	rows   int // in the value
	shown  int // of them, those that row can deliver
	row    func(i int) (label string, cells []string)
	hidden int // columns left out
}

type column struct {
	title   string
	numeric bool
}

// table returns an HTML table for a slice, array or map of structs or maps, and
// for any map.
func (p *printer) table(v reflect.Value, id TypeID) (string, bool) {
	for v.IsValid() && v.Kind() == reflect.Pointer && !v.IsNil() {
		v, id = p.open(v.Elem(), p.elem(id))
	}
	if !v.IsValid() {
		return "", false
	}
	var g *grid
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		g = p.listGrid(v, id)
	case reflect.Map:
		g = p.mapGrid(v, id)
	}
	if g == nil || g.rows == 0 || len(g.head) == 0 {
		return "", false
	}
	return g.html(), true
}

func (p *printer) listGrid(v reflect.Value, id TypeID) *grid {
	g := &grid{rows: v.Len(), shown: min(v.Len(), p.lim.Rows)}
	elemType, elem := v.Type().Elem(), p.elem(id)
	if cells := p.structColumns(g, elemType, elem); cells != nil {
		g.row = func(i int) (string, []string) { return count(i), cells(v.Index(i)) }
		return g
	}
	if elemType.Kind() == reflect.Map && elemType.Key().Kind() == reflect.String && !p.selfSpoken(elemType, elem) {
		p.mapColumns(g, v, elem)
		return g
	}
	return nil
}

// structColumns makes a column of each field, if elements of the given type are
// structs that say no text of their own, and returns what reads the cells.
func (p *printer) structColumns(g *grid, t reflect.Type, id TypeID) func(reflect.Value) []string {
	if p.selfSpoken(t, id) {
		return nil
	}
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t, id = t.Elem(), p.elem(id)
	}
	if t.Kind() != reflect.Struct || p.selfSpoken(t, id) {
		return nil
	}
	fields, _ := p.fields(t, id)
	if len(fields) > p.lim.Columns {
		g.hidden = len(fields) - p.lim.Columns
		fields = fields[:p.lim.Columns]
	}
	for _, f := range fields {
		g.head = append(g.head, column{f.name, p.numeric(t.Field(f.index).Type, f.id)})
	}
	return func(v reflect.Value) []string {
		cells := make([]string, len(fields))
		if pointer {
			if v.IsNil() {
				cells[0] = "nil"
				return cells
			}
			v = v.Elem()
		}
		v = addressable(v)
		for i, f := range fields {
			cells[i] = p.cell(readable(v.Field(f.index)), f.id)
		}
		return cells
	}
}

// mapColumns makes a column of each key that occurs in a list of maps.
func (p *printer) mapColumns(g *grid, v reflect.Value, elem TypeID) {
	seen := map[string]reflect.Value{}
	for i := range g.shown {
		for it := v.Index(i).MapRange(); it.Next(); {
			seen[it.Key().String()] = it.Key()
		}
	}
	keys := make([]string, 0, len(seen))
	for k := range seen {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	if len(keys) > p.lim.Columns {
		g.hidden = len(keys) - p.lim.Columns
		keys = keys[:p.lim.Columns]
	}
	numeric := p.numeric(v.Type().Elem().Elem(), p.elem(elem))
	for _, k := range keys {
		title, _ := cut(k, cellBytes)
		g.head = append(g.head, column{title, numeric})
	}
	g.row = func(i int) (string, []string) {
		cells := make([]string, len(keys))
		for j, k := range keys {
			if x := v.Index(i).MapIndex(seen[k]); x.IsValid() {
				cells[j] = p.cell(x, p.elem(elem))
			}
		}
		return count(i), cells
	}
}

func (p *printer) mapGrid(v reflect.Value, id TypeID) *grid {
	g := &grid{rows: v.Len(), shown: min(v.Len(), p.lim.Rows)}
	var keyID TypeID
	if t := p.opt.Types.at(id); t != nil {
		keyID = t.Key
	}
	cells := p.structColumns(g, v.Type().Elem(), p.elem(id))
	if cells == nil {
		g.head = []column{{"value", p.numeric(v.Type().Elem(), p.elem(id))}}
		cells = func(v reflect.Value) []string { return []string{p.cell(v, p.elem(id))} }
	}
	entries := smallest(v, g.shown)
	g.row = func(i int) (string, []string) { return p.cell(entries[i].key, keyID), cells(entries[i].value) }
	return g
}

// selfSpoken reports whether values of a type have a text of their own.
func (p *printer) selfSpoken(t reflect.Type, id TypeID) bool {
	if d := p.opt.Types.at(id); d != nil {
		for _, m := range []string{"String", "Error"} {
			if slices.Contains(d.Methods, m) {
				return true
			}
		}
	}
	return t.Implements(reflect.TypeFor[interface{ String() string }]()) || t.Implements(reflect.TypeFor[error]())
}

func (p *printer) numeric(t reflect.Type, id TypeID) bool {
	k := t.Kind()
	if d := p.opt.Types.at(id); d != nil {
		k = d.Kind
	}
	return k >= reflect.Int && k <= reflect.Float64
}

// cell is the text of a value in a table: strings as they are, the rest in Go syntax.
func (p *printer) cell(v reflect.Value, id TypeID) string {
	opt := p.opt
	opt.Limits = Limits{Elements: 10, Depth: 3, TextBytes: cellBytes, StringBytes: cellBytes}
	q := newPrinter(opt)
	v, id = q.open(v, id)
	if v.IsValid() && v.Kind() == reflect.String && !q.methods(v, id, nil).hasText() {
		s, rest := cut(v.String(), cellBytes)
		if rest > 0 {
			s += "… " + count(rest) + " more bytes"
		}
		return s
	}
	var b strings.Builder
	q.value(v, id, inField, 0).flat(&b)
	return b.String()
}

// html writes the table. It has no colours, so that it is readable in light and
// dark themes; alignment is said for each cell, because clients' own styles
// differ and notebooks shown elsewhere have none.
func (g *grid) html() string {
	const left, right = `<%s style="text-align:left">`, `<%s style="text-align:right">`
	var b strings.Builder
	cell := func(tag, text string, numeric bool) {
		align := left
		if numeric {
			align = right
		}
		b.WriteString(strings.Replace(align, "%s", tag, 1))
		b.WriteString(html.EscapeString(text))
		b.WriteString("</" + strings.Fields(tag)[0] + ">")
	}
	b.WriteString("<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">\n<thead><tr><th></th>")
	for _, c := range g.head {
		cell(`th scope="col"`, c.title, c.numeric)
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	written := 0
	for ; written < g.shown && b.Len() < tableBytes; written++ {
		label, cells := g.row(written)
		b.WriteString("<tr>")
		cell(`th scope="row"`, label, false)
		for i, text := range cells {
			cell("td", text, g.head[i].numeric)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>")
	var notes []string
	if rest := g.rows - written; rest > 0 {
		notes = append(notes, count(rest)+" more rows")
	}
	if g.hidden > 0 {
		notes = append(notes, count(g.hidden)+" more columns")
	}
	if len(notes) > 0 {
		b.WriteString("\n<p><em>… " + strings.Join(notes, ", ") + "</em></p>")
	}
	return b.String()
}
