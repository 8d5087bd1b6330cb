package cellsym

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/traefik/yaegi/interp"
	"lockstep/kernel/rewrite/mark"
)

// Package fmt sees the types of a cell as they are in yaegi: without names and
// methods, with all fields exported. What follows prints values that are of such types, or contain some, as
// fmt would print what the user has written.

// printing is what an interpreter knows of the types of its cells. Its methods may be called concurrently.
type printing struct {
	mu      sync.RWMutex
	named   map[reflect.Type]string                   // by types of the stock
	methods map[reflect.Type]map[string]reflect.Value // functions of the value
	ofName  map[string]map[string]reflect.Value       // the same of types that yaegi does not know by their names
	inside  map[reflect.Type]bool                     // see concerns
}

// Name makes known how types of the stock of package named are called, by their types.
func Name(it *interp.Interpreter, names map[reflect.Type]string) {
	p := symbolsOf(it).print
	p.mu.Lock()
	defer p.mu.Unlock()
	for t, name := range names {
		p.named[t] = name
	}
}

// Method returns a function that makes known a method by which values print:
// f is a function of the value, func(T) string, for Format func(T, fmt.State, rune).
func Method(it *interp.Interpreter) func(name string, f any) {
	p := symbolsOf(it).print
	return func(name string, f any) {
		v := reflect.ValueOf(f)
		p.mu.Lock()
		defer p.mu.Unlock()
		t := v.Type().In(0)
		if p.methods[t] == nil {
			p.methods[t] = map[string]reflect.Value{}
		}
		p.methods[t][name] = v
	}
}

// MethodOf is [Method] for a type that yaegi does not know by its name.
func MethodOf(it *interp.Interpreter) func(typ, name string, f any) {
	p := symbolsOf(it).print
	return func(typ, name string, f any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.ofName[typ] == nil {
			p.ofName[typ] = map[string]reflect.Value{}
		}
		p.ofName[typ][name] = reflect.ValueOf(f)
	}
}

func (p *printing) methodOf(typ, name string) (reflect.Value, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f, ok := p.ofName[typ][name]
	return f, ok
}

// symbolsOf returns what an interpreter has; Import has been called for it.
func symbolsOf(it *interp.Interpreter) *symbols {
	s, err := loaded(it, nil)
	if err != nil {
		panic(err) // the interpreter has no tables
	}
	return s
}

func (p *printing) method(t reflect.Type, name string) (reflect.Value, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f, ok := p.methods[t][name]
	return f, ok
}

func (p *printing) name(t reflect.Type) string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.named[t]
}

// concerns reports whether values of a type print otherwise than fmt would have it.
func (p *printing) concerns(t reflect.Type) bool {
	if t == nil {
		return false
	}
	p.mu.RLock()
	known, ok := p.inside[t]
	p.mu.RUnlock()
	if ok {
		return known
	}
	yes := p.look(t, map[reflect.Type]bool{})
	p.mu.Lock()
	p.inside[t] = yes
	p.mu.Unlock()
	return yes
}

func (p *printing) look(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if p.name(t) != "" || isBox(t) {
		return true
	}
	if t.PkgPath() != "" {
		return false // fmt's own business
	}
	switch t.Kind() {
	case reflect.Interface:
		return t.NumMethod() == 0
	case reflect.Struct:
		for i := range t.NumField() {
			if _, ok := t.Field(i).Tag.Lookup(mark.FieldTag); ok || ownName(t) != "" || p.look(t.Field(i).Type, seen) {
				return true
			}
		}
	case reflect.Slice, reflect.Array, reflect.Pointer, reflect.Chan:
		return p.look(t.Elem(), seen)
	case reflect.Map:
		return p.look(t.Key(), seen) || p.look(t.Elem(), seen)
	}
	return false
}

// ownName is the name of a declared struct type, "" for others.
func ownName(t reflect.Type) string {
	if t.Kind() != reflect.Struct || t.NumField() == 0 {
		return ""
	}
	tag := t.Field(0).Tag
	own, ok := tag.Lookup(mark.Mark)
	if shown := tag.Get(mark.TypeTag); shown != "" {
		return shown
	} else if ok {
		return "main." + mark.Plain(own)
	}
	return ""
}

// Texts are the methods Error and String of a value inside another one, without its receiver; name is that of its type in cells.
func Texts(it *interp.Interpreter, v reflect.Value, name string) map[string]any {
	p := symbolsOf(it).print
	var bound map[string]any
	for _, method := range []string{"Error", "String"} {
		f, ok := p.method(v.Type(), method)
		if !ok {
			f, ok = p.methodOf("main."+name, method)
		}
		if !ok || f.Type().In(0) != v.Type() {
			continue
		}
		if bound == nil {
			bound = map[string]any{}
		}
		bound[method] = func() string { return f.Call([]reflect.Value{Exposed(v)})[0].String() }
	}
	return bound
}

// DeclaredName is the name of a declared struct type as its cell writes it, "" for others.
func DeclaredName(t reflect.Type) string { return strings.TrimPrefix(ownName(t), "main.") }

// FieldName is the name of a field as it was declared.
func FieldName(f reflect.StructField) string {
	name, _ := fieldName(f)
	return name
}

// typeName is what %T prints.
func (p *printing) typeName(t reflect.Type) string {
	if t == nil {
		return "<nil>"
	}
	if name := p.name(t); name != "" {
		return name
	}
	if name := ownName(t); name != "" {
		return name
	}
	if t.PkgPath() != "" || !p.concerns(t) {
		return t.String()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + p.typeName(t.Elem())
	case reflect.Slice:
		return "[]" + p.typeName(t.Elem())
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), p.typeName(t.Elem()))
	case reflect.Map:
		return "map[" + p.typeName(t.Key()) + "]" + p.typeName(t.Elem())
	case reflect.Chan:
		return strings.TrimSuffix(t.String(), t.Elem().String()) + p.typeName(t.Elem())
	case reflect.Struct:
		var fields []string
		for i := range t.NumField() {
			f := t.Field(i)
			name, _ := fieldName(f)
			fields = append(fields, name+" "+p.typeName(f.Type))
		}
		return "struct { " + strings.Join(fields, "; ") + " }"
	}
	return t.String()
}

// fieldName is the name of a field as the user wrote it, and whether it is exported.
func fieldName(f reflect.StructField) (name string, exported bool) {
	if own, ok := f.Tag.Lookup(mark.FieldTag); ok {
		return own, false
	}
	return f.Name, true
}

// shown makes arguments of a function that prints what is to be printed.
func (s *symbols) shown(list []any) []any {
	list = slices.Clone(list)
	names := make([]string, len(list))
	for i, v := range list {
		if t, ok := v.(typed); ok {
			list[i], names[i] = t.v, t.name
		}
	}
	list = s.bare(list)
	for i, v := range list {
		if err := s.faultOf(names[i], v); err != nil {
			list[i] = err
			continue
		}
		switch r := v.(type) {
		case reflect.Type:
			list[i] = printedType{r, s.print.typeName(r)}
			continue
		case reflect.Value:
			if r.IsValid() && s.print.concerns(r.Type()) {
				list[i] = printed{s, r, ""}
			}
			continue
		}
		if err := s.fault(v); err != nil {
			list[i] = err
			continue
		}
		if inner, whole, ok := s.print.wrapped(reflect.ValueOf(v)); ok && !prints(v) {
			if !whole {
				s.fail("the interp engine cannot print what is in an interface of the library; with a Go toolchain the native engine can")
			}
			list[i] = printed{s, inner, ""}
			continue
		}
		if names[i] != "" && !prints(v) || s.print.concerns(reflect.TypeOf(v)) {
			list[i] = printed{s, reflect.ValueOf(v), names[i]}
		}
	}
	return list
}

// faultOf makes an error of a value of a type that yaegi does not know by its name, nil where it is none.
func (s *symbols) faultOf(name string, v any) error {
	text, ok := s.print.methodOf(name, "Error")
	if !ok {
		return nil
	}
	in := []reflect.Value{reflect.ValueOf(v)}
	f := &faultText{wordText{s, v, func() string { return text.Call(in)[0].String() }}, name, nil}
	if unwrap, ok := s.print.methodOf(name, "Unwrap"); ok {
		if unwrap.Type().Out(0).Kind() == reflect.Slice {
			return &joinedText{f, func() []error {
				list, _ := unwrap.Call(in)[0].Interface().([]error)
				return list
			}}
		}
		f.unwrap = func() error {
			err, _ := unwrap.Call(in)[0].Interface().(error)
			return err
		}
	}
	return f
}

// printedType prints a type by the user's name of it.
type printedType struct {
	reflect.Type
	name string
}

func (t printedType) String() string { return t.name }

// fault makes an error of a value whose type's methods make it one, nil of others: verbs %w want errors.
func (s *symbols) fault(v any) error {
	r := reflect.ValueOf(v)
	if !r.IsValid() {
		return nil
	}
	if _, ok := s.print.method(r.Type(), "Error"); !ok {
		return nil
	}
	return s.asError(v)
}

// prints reports whether fmt calls a method of v.
func prints(v any) bool {
	switch v.(type) {
	case fmt.Formatter, error, fmt.Stringer, fmt.GoStringer:
		return true
	}
	return false
}

// shownBy is shown for a function with a format, in whose text types take the
// place of verbs %T.
func (s *symbols) shownBy(format string, list []any) (string, []any) {
	if strings.ContainsAny(format, "Tp") {
		format, list = s.types(format, list)
	}
	return format, s.shown(list)
}

// printed prints a value of a cell.
type printed struct {
	s    *symbols
	v    reflect.Value
	name string // of the type, where reflection does not have it
}

func (p printed) Format(f fmt.State, verb rune) {
	w := &valueWriter{State: f, s: p.s, verb: verb, name: p.name}
	w.value(p.v, 0, true)
}

// MarshalJSON is for values that package slog is given.
func (p printed) MarshalJSON() ([]byte, error) { return p.s.marshalJSON(p.v.Interface()) }

// Typed returns a function that hands an argument of a function that prints over with the
// name of its type, and keeps a value in an interface with it. yaegi has no types of its own over slices, arrays,
// maps, channels, functions and pointers.
func Typed(it *interp.Interpreter) func(name string, v any) any {
	s := symbolsOf(it)
	return func(name string, v any) any { return typed{s, name, v} }
}

type typed struct {
	s    *symbols
	name string
	v    any
}

// MarshalJSON is for packages that find the value in another.
func (t typed) MarshalJSON() ([]byte, error) { return t.s.marshalJSON(t) }

func (t typed) String() string { return fmt.Sprint(t.s.shown([]any{t})...) }

// Format prints the value for functions that do not know of typed.
func (t typed) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), t.s.shown([]any{t})...)
}

// Own returns a function that reports whether a value is of a type that cells have declared, or a pointer
// to one: what such types implement the rewrite knows.
func Own(it *interp.Interpreter) func(v any) bool {
	s := symbolsOf(it)
	return func(v any) bool {
		t := s.dynamic(v)
		if t == nil {
			return false
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		return s.print.name(t) != "" || ownName(t) != ""
	}
}

// Foreign returns a function that fails where a value that is of no cell's type has methods of the given names,
// so that it may be of the interface type target, which yaegi has found it not to be.
func Foreign(it *interp.Interpreter, fail func(text string)) func(v any, target, names string) {
	s := symbolsOf(it)
	return func(v any, target, names string) {
		t := s.dynamic(v)
		if t == nil {
			return
		}
		for _, name := range strings.Fields(names) {
			if _, has := t.MethodByName(name); !has {
				return
			}
		}
		fail("the interp engine cannot find out whether " + s.print.typeName(t) + " is " + target + "; with a Go toolchain the native engine can")
	}
}

// Lacks returns a function that fails as an assertion of an interface type does whose methods v has not.
// lacking tells for types of cells which method each lacks, and last the methods of the interface: "main.T=M M,N".
func Lacks(it *interp.Interpreter, fail func(text string)) func(v any, target, lacking string) {
	s := symbolsOf(it)
	return func(v any, target, lacking string) {
		t := s.dynamic(v)
		if t == nil {
			fail("interface conversion: interface is nil, not " + target)
			return
		}
		name := s.print.typeName(t)
		known := strings.Fields(lacking)
		method := ""
		for _, m := range strings.Split(known[len(known)-1], ",") {
			if _, has := t.MethodByName(m); !has && method == "" {
				method = m
			}
		}
		for _, of := range known[:len(known)-1] {
			if m, ok := strings.CutPrefix(of, name+"="); ok {
				method = m
			}
		}
		fail("interface conversion: " + name + " is not " + target + ": missing method " + method)
	}
}

// Words returns a function that puts the names that the user has given to types in the place of
// what reflection calls them in a fault's text.
func Words(it *interp.Interpreter) func(text string) string {
	return symbolsOf(it).print.words
}

func (p *printing) words(text string) string {
	if !strings.Contains(text, mark.Mark) && !strings.Contains(text, "named.") && !strings.Contains(text, "valueInterface") {
		return text
	}
	p.mu.RLock()
	for t, name := range p.named {
		text = replaceWord(text, t.String(), name)
	}
	p.mu.RUnlock()
	for {
		from := strings.LastIndex(text, "struct {") // the innermost first
		if from < 0 {
			break
		}
		to := closing(text, from)
		if to < 0 {
			break
		}
		text = text[:from] + structWords(text[from:to]) + text[to:]
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "interp.valueInterface", "interface {}"), "struct\x00", "struct {")
}

// replaceWord replaces word where no letter or digit follows it.
func replaceWord(text, word, by string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return b.String() + text
		}
		end := i + len(word)
		b.WriteString(text[:i])
		if end < len(text) && '0' <= text[end] && text[end] <= '9' {
			b.WriteString(word)
		} else {
			b.WriteString(by)
		}
		text = text[end:]
	}
}

// closing is where a struct type that begins at from ends; braces in tags do not count.
func closing(text string, from int) int {
	depth, quoted := 0, false
	for i := from; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '{' && !quoted:
			depth++
		case c == '}' && !quoted:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

var tags = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// structWords is the name of a declared struct type, or the type without the rewrite's tags.
func structWords(text string) string {
	name := ""
	plain := tags.ReplaceAllStringFunc(text, func(quoted string) string {
		tag, err := strconv.Unquote(quoted)
		if err != nil {
			return quoted
		}
		st := reflect.StructTag(tag)
		if shown := st.Get(mark.TypeTag); shown != "" && name == "" {
			name = shown
		} else if own := st.Get(mark.Mark); own != "" && name == "" {
			name = "main." + mark.Plain(own)
		}
		return ""
	})
	if name != "" {
		return name
	}
	return "struct\x00" + strings.TrimPrefix(strings.ReplaceAll(plain, " ;", ";"), "struct {")
}
