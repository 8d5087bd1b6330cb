package display

import (
	"path"
	"reflect"
	"strconv"
	"strings"
)

// local reports whether a package's types are the session's own.
func (p *printer) local(pkgPath string) bool {
	if p.opt.Local != nil {
		return p.opt.Local(pkgPath)
	}
	return pkgPath == "main"
}

// typeName writes a type as a cell would.
func (p *printer) typeName(t reflect.Type, id TypeID) string {
	return p.typeNameIn(t, id, nesting{})
}

// nesting says where in a type a type stands. The interpreter makes types that
// have no name and yet contain themselves: neither structs in structs nor
// anything very deep is written out.
type nesting struct {
	level    int
	inStruct bool
}

func (p *printer) typeNameIn(t reflect.Type, id TypeID, in nesting) string {
	if d := p.opt.Types.at(id); d != nil && d.Name != "" {
		return d.Name
	}
	if t.Name() != "" {
		return p.definedName(t)
	}
	if in.level++; in.level > 8 {
		return "…"
	}
	elem := func() string {
		if t.Elem() == reflect.TypeFor[uint8]() && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
			return "byte" // the same type; this is what people call it there
		}
		return p.typeNameIn(t.Elem(), 0, in)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + elem()
	case reflect.Slice:
		return "[]" + elem()
	case reflect.Array:
		return "[" + strconv.Itoa(t.Len()) + "]" + elem()
	case reflect.Map:
		return "map[" + p.typeNameIn(t.Key(), 0, in) + "]" + elem()
	case reflect.Chan:
		switch t.ChanDir() {
		case reflect.RecvDir:
			return "<-chan " + elem()
		case reflect.SendDir:
			return "chan<- " + elem()
		}
		if t.Elem().Kind() == reflect.Chan && t.Elem().ChanDir() == reflect.RecvDir {
			return "chan (" + elem() + ")"
		}
		return "chan " + elem()
	case reflect.Func:
		return p.funcName(t, in)
	case reflect.Struct:
		if t.NumField() == 0 {
			return "struct{}"
		}
		if p.opt.Names != nil {
			if name := p.opt.Names(t); name != "" {
				return name
			}
		}
		if in.inStruct {
			return "struct{ … }"
		}
		in.inStruct = true
		fields := make([]string, t.NumField())
		for i := range fields {
			f := t.Field(i)
			fields[i] = p.typeNameIn(f.Type, 0, in)
			if !f.Anonymous {
				fields[i] = p.fieldName(f) + " " + fields[i]
			}
		}
		return "struct{ " + strings.Join(fields, "; ") + " }"
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return "any"
		}
	}
	return t.String()
}

func (p *printer) fieldName(f reflect.StructField) string {
	if p.opt.Field != nil {
		return p.opt.Field(f)
	}
	return f.Name
}

func (p *printer) funcName(t reflect.Type, in nesting) string {
	params := make([]string, t.NumIn())
	for i := range params {
		params[i] = p.typeNameIn(t.In(i), 0, in)
		if t.IsVariadic() && i == len(params)-1 {
			params[i] = "..." + p.typeNameIn(t.In(i).Elem(), 0, in)
		}
	}
	out := make([]string, t.NumOut())
	for i := range out {
		out[i] = p.typeNameIn(t.Out(i), 0, in)
	}
	name := "func(" + strings.Join(params, ", ") + ")"
	switch len(out) {
	case 0:
		return name
	case 1:
		return name + " " + out[0]
	}
	return name + " (" + strings.Join(out, ", ") + ")"
}

// definedName writes the name of a defined type. The type arguments inside the
// name of an instantiated type carry whole package paths.
func (p *printer) definedName(t reflect.Type) string {
	name, args, generic := strings.Cut(t.Name(), "[")
	// A type inside a generic function has a name with a middle dot and a number.
	name, _, _ = strings.Cut(name, "·")
	if t.PkgPath() != "" && !p.local(t.PkgPath()) {
		pkg, _, _ := strings.Cut(t.String(), ".")
		name = pkg + "." + name
	}
	if !generic {
		return name
	}
	var b strings.Builder
	b.WriteString(name + "[")
	for args != "" {
		end := strings.IndexAny(args, "[]*,;(){} ")
		if end < 0 {
			end = len(args)
		}
		b.WriteString(p.qualified(args[:end]))
		if end < len(args) {
			b.WriteByte(args[end])
			if args[end] == ',' {
				b.WriteByte(' ')
			}
			end++
		}
		args = args[end:]
	}
	return b.String()
}

// qualified shortens "example.com/a/b.T" to "b.T", or "T" if that package is local.
func (p *printer) qualified(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return name
	}
	pkg, typ := name[:dot], name[dot+1:]
	typ, _, _ = strings.Cut(typ, "·")
	if p.local(pkg) {
		return typ
	}
	return path.Base(pkg) + "." + typ
}
