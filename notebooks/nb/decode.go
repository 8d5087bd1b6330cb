package nb

import (
	"encoding/json"
	"fmt"
	"strings"
)

// fromJSON builds the notebook from the decoded file.
func fromJSON(top any) (n *Notebook, err error) {
	f := &fields{rest: nil}
	obj, ok := top.(map[string]any)
	if !ok {
		return nil, &FormatError{Problem: "want a notebook (a JSON object), got " + jsonKind(top)}
	}
	f.rest = obj
	n = &Notebook{Major: f.int("nbformat"), Minor: f.int("nbformat_minor")}
	if f.err == nil {
		f.err = versionError(n.Major, obj)
	}
	cells, present := f.take("cells")
	if !present {
		f.fail("cells", "want a list of cells, got none")
	}
	n.Metadata = f.object("metadata")
	list, isList := cells.([]any)
	if present && !isList {
		f.fail("cells", "want a list of cells, got "+jsonKind(cells))
	}
	for i, v := range list {
		c := f.child(fmt.Sprintf("cells[%d]", i), v)
		n.Cells = append(n.Cells, c.cell())
		f.adopt(c)
	}
	n.Extra = f.extra()
	if f.err != nil {
		return nil, f.err
	}
	return n, nil
}

func versionError(major int, obj map[string]any) error {
	_, worksheets := obj["worksheets"]
	switch {
	case major == Major:
		return nil
	case major == 0 && !worksheets:
		return &FormatError{Where: "nbformat", Problem: "want a notebook of nbformat 4, got JSON without a version"}
	case major < Major:
		return &FormatError{Where: "nbformat", Problem: fmt.Sprintf("want 4, got %d: open and save the notebook in JupyterLab, "+
			"or convert it with jupyter nbconvert --to notebook --nbformat 4 FILE", major)}
	}
	return &FormatError{Where: "nbformat", Problem: fmt.Sprintf("want 4, got %d, which is newer than this program: save the notebook as nbformat 4", major)}
}

func (f *fields) cell() Cell {
	c := Cell{
		ID:       f.string("id"),
		Type:     CellType(f.string("cell_type")),
		Source:   f.text("source"),
		Metadata: f.object("metadata"),
	}
	if f.err == nil && c.Type == "" {
		f.fail("cell_type", "want code, markdown or raw, got none")
	}
	if v, ok := f.take("attachments"); ok {
		c.Attachments = map[string]Bundle{}
		a := f.child("attachments", v)
		for name := range a.rest {
			c.Attachments[name] = a.bundle(name)
		}
		f.adopt(a)
	}
	// Another type of cell keeps these keys in Extra, should it have them.
	if c.Type == Code {
		c.ExecutionCount = f.int("execution_count")
		v, _ := f.take("outputs")
		list, isList := v.([]any)
		if v != nil && !isList {
			f.fail("outputs", "want a list of outputs, got "+jsonKind(v))
		}
		for i, v := range list {
			o := f.child(fmt.Sprintf("outputs[%d]", i), v)
			c.Outputs = append(c.Outputs, o.output())
			f.adopt(o)
		}
	}
	c.Extra = f.extra()
	return c
}

func (f *fields) output() Output {
	o := Output{Type: OutputType(f.string("output_type"))}
	switch o.Type {
	case Stream:
		o.Name, o.Text = f.string("name"), f.text("text")
	case DisplayData, ExecuteResult:
		o.Data, o.Metadata = f.bundle("data"), f.object("metadata")
		if o.Type == ExecuteResult {
			o.ExecutionCount = f.int("execution_count")
		}
	case Error:
		o.ErrName, o.ErrValue = f.string("ename"), f.string("evalue")
		o.Traceback = f.lines("traceback")
	case "":
		f.fail("output_type", "want stream, display_data, execute_result or error, got none")
	}
	o.Extra = f.extra()
	return o
}

// fields takes the known keys out of one JSON object, converts them, and keeps
// the first thing that is wrong; what is left over are the unknown keys.
type fields struct {
	where string
	rest  map[string]any
	err   error
}

func (f *fields) child(where string, v any) *fields {
	c := &fields{where: f.path(where)}
	obj, ok := v.(map[string]any)
	if !ok {
		c.err = &FormatError{Where: c.where, Problem: "want an object, got " + jsonKind(v)}
	}
	c.rest = obj
	return c
}

func (f *fields) adopt(c *fields) {
	if f.err == nil {
		f.err = c.err
	}
}

func (f *fields) path(key string) string {
	if f.where == "" {
		return key
	}
	return f.where + "." + key
}

func (f *fields) fail(key, problem string) {
	if f.err == nil {
		f.err = &FormatError{Where: f.path(key), Problem: problem}
	}
}

func (f *fields) take(key string) (any, bool) {
	v, ok := f.rest[key]
	delete(f.rest, key)
	return v, ok
}

func (f *fields) extra() map[string]any {
	if len(f.rest) == 0 {
		return nil
	}
	return f.rest
}

func (f *fields) string(key string) string {
	v, ok := f.take(key)
	s, isString := v.(string)
	if ok && !isString {
		f.fail(key, "want a string, got "+jsonKind(v))
	}
	return s
}

// int reads a whole number that is not negative; null and an absent key are 0.
func (f *fields) int(key string) int {
	v, _ := f.take(key)
	if v == nil {
		return 0
	}
	num, _ := v.(json.Number)
	i, err := num.Int64()
	if err != nil || i < 0 || i > 1<<53 {
		f.fail(key, fmt.Sprintf("want a whole number, got %s", jsonKind(v)))
		return 0
	}
	return int(i)
}

func (f *fields) object(key string) Metadata {
	v, ok := f.take(key)
	obj, isObject := v.(map[string]any)
	if ok && !isObject {
		f.fail(key, "want an object, got "+jsonKind(v))
	}
	if obj == nil {
		obj = map[string]any{}
	}
	return obj
}

// text reads multi-line text: one string, or a list of strings.
func (f *fields) text(key string) string {
	v, ok := f.take(key)
	s, isText := joinLines(v)
	if ok && !isText {
		f.fail(key, "want a string or a list of strings, got "+jsonKind(v))
	}
	return s
}

func (f *fields) lines(key string) []string {
	v, _ := f.take(key)
	list, isList := v.([]any)
	if v != nil && !isList {
		f.fail(key, "want a list of strings, got "+jsonKind(v))
	}
	var lines []string
	for _, l := range list {
		s, isString := l.(string)
		if !isString {
			f.fail(key, "want a list of strings, got one with "+jsonKind(l))
		}
		lines = append(lines, s)
	}
	return lines
}

func (f *fields) bundle(key string) Bundle {
	b := Bundle(f.object(key))
	for mime, v := range b {
		if _, isList := v.([]any); !isList || isJSON(mime) {
			continue
		}
		if s, ok := joinLines(v); ok {
			b[mime] = s
		}
	}
	return b
}

func joinLines(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []any:
		var b strings.Builder
		for _, l := range v {
			s, ok := l.(string)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

// jsonKind names a decoded JSON value in words.
func jsonKind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return "the number " + v.String()
	case string:
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", v)
}
