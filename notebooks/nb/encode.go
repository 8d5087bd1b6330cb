package nb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Encode returns the notebook as nbformat writes it. The same notebook always
// gives the same bytes. It fails only when a value in Metadata, Extra or a
// [Bundle] is not JSON (NaN, a channel).
func (n *Notebook) Encode() ([]byte, error) {
	cells := make([]any, len(n.Cells))
	for i := range n.Cells {
		cells[i] = n.Cells[i].json()
	}
	metadata := maps.Clone(n.Metadata)
	// Transient keys that nbformat also strips.
	for _, key := range []string{"orig_nbformat", "orig_nbformat_minor", "signature"} {
		delete(metadata, key)
	}
	e := encoder{}
	e.value(with(n.Extra, map[string]any{
		"cells":          cells,
		"metadata":       metadata,
		"nbformat":       n.Major,
		"nbformat_minor": n.Minor,
	}), "", 0)
	e.buf.WriteByte('\n')
	return e.buf.Bytes(), e.err
}

func (c *Cell) json() map[string]any {
	metadata := maps.Clone(c.Metadata)
	delete(metadata, "trusted")
	known := map[string]any{
		"cell_type": string(c.Type),
		"metadata":  metadata,
		"source":    splitLines(c.Source),
	}
	if c.ID != "" {
		known["id"] = c.ID
	}
	if c.Attachments != nil {
		attachments := map[string]any{}
		for name, b := range c.Attachments {
			attachments[name] = b.json()
		}
		known["attachments"] = attachments
	}
	if c.Type == Code {
		outputs := make([]any, len(c.Outputs))
		for i, o := range c.Outputs {
			outputs[i] = o.json()
		}
		known["execution_count"] = count(c.ExecutionCount)
		known["outputs"] = outputs
	}
	return with(c.Extra, known)
}

func (o Output) json() map[string]any {
	known := map[string]any{"output_type": string(o.Type)}
	switch o.Type {
	case Stream:
		known["name"], known["text"] = o.Name, splitLines(o.Text)
	case DisplayData, ExecuteResult:
		known["data"], known["metadata"] = o.Data.json(), o.Metadata
		if o.Type == ExecuteResult {
			known["execution_count"] = count(o.ExecutionCount)
		}
	case Error:
		known["ename"], known["evalue"] = o.ErrName, o.ErrValue
		known["traceback"] = stringList(o.Traceback)
	}
	return with(o.Extra, known)
}

func (b Bundle) json() map[string]any {
	out := make(map[string]any, len(b))
	for mime, v := range b {
		if s, ok := v.(string); ok && isSplit(mime) {
			v = splitLines(s)
		}
		out[mime] = v
	}
	return out
}

// with returns the known keys together with the unknown ones, of which none can
// hide a known one.
func with(extra, known map[string]any) map[string]any {
	for key, v := range extra {
		if _, taken := known[key]; !taken {
			known[key] = v
		}
	}
	return known
}

func count(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func stringList(lines []string) []any {
	list := make([]any, len(lines))
	for i, l := range lines {
		list[i] = l
	}
	return list
}

// splitLines cuts text where Python's str.splitlines(True) does, which nbformat
// uses: cutting at \n alone would give other bytes for the same notebook.
func splitLines(s string) []any {
	lines := []any{}
	for s != "" {
		end := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if end < 0 {
			return append(lines, s)
		}
		_, size := utf8.DecodeRuneInString(s[end:])
		if strings.HasPrefix(s[end:], "\r\n") {
			size = 2
		}
		lines = append(lines, s[:end+size])
		s = s[end+size:]
	}
	return lines
}

// An encoder writes JSON as Python's json.dumps(indent=1, sort_keys=True,
// ensure_ascii=False) does. encoding/json cannot: it escapes <, > and U+2028 or
// orders struct fields by declaration.
type encoder struct {
	buf bytes.Buffer
	err error
}

func (e *encoder) value(v any, where string, depth int) {
	switch v := v.(type) {
	case nil:
		e.buf.WriteString("null")
	case bool:
		fmt.Fprint(&e.buf, v)
	case int:
		fmt.Fprint(&e.buf, v)
	case string:
		e.text(v)
	case json.Number:
		if !json.Valid([]byte(v)) {
			e.fail(where, fmt.Errorf("want a number, got %q", string(v)))
			return
		}
		e.buf.WriteString(v.String())
	case []any:
		e.list(v, where, depth)
	case map[string]any:
		e.object(v, where, depth)
	case Metadata:
		e.object(v, where, depth)
	case Bundle:
		e.object(v, where, depth)
	default:
		e.other(v, where, depth)
	}
}

func (e *encoder) list(list []any, where string, depth int) {
	if len(list) == 0 {
		e.buf.WriteString("[]")
		return
	}
	for i, v := range list {
		e.item(i, '[', depth)
		e.value(v, fmt.Sprintf("%s[%d]", where, i), depth+1)
	}
	e.end(']', depth)
}

func (e *encoder) object(obj map[string]any, where string, depth int) {
	if len(obj) == 0 {
		e.buf.WriteString("{}")
		return
	}
	for i, key := range slices.Sorted(maps.Keys(obj)) {
		e.item(i, '{', depth)
		e.text(key)
		e.buf.WriteString(": ")
		e.value(obj[key], where+"."+key, depth+1)
	}
	e.end('}', depth)
}

// other converts what callers may have put in (float64, []string, a struct) by
// way of encoding/json, into the types that value knows.
func (e *encoder) other(v any, where string, depth int) {
	data, err := json.Marshal(v)
	if err != nil {
		e.fail(where, err)
		return
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		e.fail(where, err)
		return
	}
	e.value(plain, where, depth)
}

func (e *encoder) fail(where string, err error) {
	if e.err == nil {
		e.err = fmt.Errorf("notebook%s: want a JSON value: %w", where, err)
	}
}

func (e *encoder) item(i int, open byte, depth int) {
	if i == 0 {
		e.buf.WriteByte(open)
	} else {
		e.buf.WriteByte(',')
	}
	e.newline(depth + 1)
}

func (e *encoder) end(closing byte, depth int) {
	e.newline(depth)
	e.buf.WriteByte(closing)
}

func (e *encoder) newline(depth int) {
	e.buf.WriteByte('\n')
	for range depth {
		e.buf.WriteByte(' ')
	}
}

func (e *encoder) text(s string) {
	e.buf.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			e.buf.WriteByte('\\')
			e.buf.WriteRune(r)
		case '\n':
			e.buf.WriteString(`\n`)
		case '\r':
			e.buf.WriteString(`\r`)
		case '\t':
			e.buf.WriteString(`\t`)
		case '\b':
			e.buf.WriteString(`\b`)
		case '\f':
			e.buf.WriteString(`\f`)
		default:
			if r < ' ' {
				fmt.Fprintf(&e.buf, `\u%04x`, r)
				continue
			}
			e.buf.WriteRune(r)
		}
	}
	e.buf.WriteByte('"')
}
