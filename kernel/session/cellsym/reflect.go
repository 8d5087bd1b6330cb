package cellsym

import (
	"reflect"
	"strings"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/rewrite/mark"
)

// Reflection returns the functions that stand for methods of package reflect,
// by their names in rewritten code: they know types and fields as the user has written them.
func Reflection(it *interp.Interpreter) map[string]any {
	p := symbolsOf(it).print
	return map[string]any{
		"TypeString": p.typeName,
		"TypeName": func(t reflect.Type) string {
			name := p.typeName(t)
			if name == t.String() {
				return t.Name()
			}
			short, named := strings.CutPrefix(name, "main.")
			if !named {
				return ""
			}
			return short
		},
		"TypePkgPath": func(t reflect.Type) string {
			if p.name(t) != "" || ownName(t) != "" {
				return "main"
			}
			return t.PkgPath()
		},
		"TypeField": func(t reflect.Type, i int) reflect.StructField { return ownField(t.Field(i)) },
		"TypeFieldByName": func(t reflect.Type, name string) (reflect.StructField, bool) {
			if f, ok := t.FieldByName("X" + name); ok && f.Tag.Get(mark.FieldTag) == name {
				return ownField(f), true
			}
			f, ok := t.FieldByName(name)
			return ownField(f), ok && f.Tag.Get(mark.FieldTag) == ""
		},
		"FieldByName": func(v reflect.Value, name string) reflect.Value {
			if f, ok := v.Type().FieldByName("X" + name); ok && f.Tag.Get(mark.FieldTag) == name {
				return v.FieldByIndex(f.Index)
			}
			return v.FieldByName(name)
		},
	}
}

// ownField is a field as the user has written it.
func ownField(f reflect.StructField) reflect.StructField {
	if name, exported := fieldName(f); !exported {
		f.Name, f.PkgPath = name, "main"
	}
	var kept []string
	for tag := string(f.Tag); tag != ""; {
		key, rest, ok := strings.Cut(tag, ":\"")
		if !ok {
			break
		}
		end := closingQuote(rest)
		if end < 0 {
			break
		}
		if own := strings.HasPrefix(key, mark.Mark) || f.PkgPath != "" && len(kept) == 0 && rest[:end] == "-" && (key == "json" || key == "xml"); !own {
			kept = append(kept, key+":\""+rest[:end]+"\"")
		}
		tag = strings.TrimLeft(rest[end+1:], " ")
	}
	f.Tag = reflect.StructTag(strings.Join(kept, " "))
	return f
}

// closingQuote is where a quoted text ends that has begun, -1 if it does not.
func closingQuote(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
