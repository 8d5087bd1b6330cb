package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Packages of the library look into the values that they are given. They do not find there the methods of cells'
// types, which the engine keeps beside the values: calls with such values are refused, and what only shows
// when they run, in values of type any, is an error then.

// looks are the methods that a package looks for in values, "*" for all.
var looks = map[string][]string{
	"encoding/xml":  {"MarshalXML", "UnmarshalXML", "MarshalXMLAttr", "UnmarshalXMLAttr", "MarshalText", "UnmarshalText"},
	"encoding/gob":  {"GobEncode", "GobDecode", "MarshalBinary", "UnmarshalBinary", "MarshalText", "UnmarshalText"},
	"text/template": {"*"},
	"html/template": {"*"},
	"net/rpc":       {"*"},
	"database/sql":  {"Scan", "Value"},
}

// jsonMethods are those of package json, which sees them of types that are not unnamed ones to the engine.
var jsonMethods = []string{"MarshalJSON", "MarshalText", "UnmarshalJSON", "UnmarshalText"}

// judgeValues refuses values of a cell's types in which the function of the library would look for methods.
func (wk *walk) judgeValues(n *ast.CallExpr, f *types.Func, sig *types.Signature) {
	if f == nil || f.Pkg() == nil || f.Pkg() == wk.pkg {
		return
	}
	path := f.Pkg().Path()
	methods := looks[path]
	if path == "encoding/json" {
		wk.judgeJSON(n, f)
		return
	}
	if methods == nil {
		return
	}
	for i, a := range n.Args {
		t := wk.info.TypeOf(a)
		if !isAny(paramType(sig, i)) || t == nil {
			continue
		}
		if named, m := wk.holdsMethod(t, methods); named != nil {
			wk.refuse(n.Pos(), f.Pkg().Name()+"."+f.Name()+" with values of "+named.Obj().Name()+", whose method "+m+" it would not find")
			return
		}
		if of := wk.unseen(path, t); of != "" {
			wk.refuse(n.Pos(), f.Pkg().Name()+"."+f.Name()+" with "+of)
			return
		}
		if path == "encoding/gob" && f.Name() == "Register" && wk.isSession(t) {
			wk.refuse(n.Pos(), "gob.Register with a type of a cell")
			return
		}
		if wk.concernsAny(t) {
			wk.edits.before(a.Pos(), wk.rt()+".Seen(\""+path+"\", ")
			wk.edits.after(a.End(), ")")
		}
	}
}

// unseen tells what of a type, methods aside, a package would not see that looks for it, "" for nothing: embedded fields,
// and the name of a struct that has no field XMLName, by which package xml calls the element.
func (wk *walk) unseen(path string, t types.Type) (of string) {
	if path != "encoding/xml" && path != "text/template" && path != "html/template" {
		return ""
	}
	top := t
	for {
		if p, ok := top.Underlying().(*types.Pointer); ok {
			top = p.Elem()
		} else if s, ok := top.Underlying().(*types.Slice); ok {
			top = s.Elem()
		} else {
			break
		}
	}
	wk.inside(t, func(t types.Type) bool {
		named, ok := types.Unalias(t).(*types.Named)
		s, is := t.Underlying().(*types.Struct)
		if !ok || !is || named.Obj().Pkg() != wk.pkg {
			return true
		}
		called := false
		for i := range s.NumFields() {
			if s.Field(i).Embedded() {
				of = "the embedded fields of " + named.Obj().Name()
			}
			called = called || s.Field(i).Name() == "XMLName"
		}
		if path == "encoding/xml" && !called && of == "" && types.Identical(t, top) {
			of = "the name of the type " + named.Obj().Name()
		}
		return of == ""
	})
	return of
}

// judgeJSON refuses what package json would get wrong in spite of what the run time does for it.
func (wk *walk) judgeJSON(n *ast.CallExpr, f *types.Func) {
	reads := f.Name() == "Unmarshal" || f.Name() == "Decode"
	if len(n.Args) == 0 || !reads && !strings.HasPrefix(f.Name(), "Marshal") && f.Name() != "Encode" {
		return
	}
	top := wk.info.TypeOf(n.Args[len(n.Args)-1])
	if top == nil {
		return
	}
	wk.inside(top, func(t types.Type) bool {
		named, ok := types.Unalias(t).(*types.Named)
		if !ok || named.Obj().Pkg() != wk.pkg {
			return true
		}
		if types.IsInterface(named) {
			if reads && !isAny(named) {
				wk.refuse(n.Pos(), "json."+f.Name()+" into "+named.Obj().Name()+", an interface of a cell")
			}
			return true
		}
		if !wk.nameless(named) || t == top && !reads {
			return true
		}
		if m := methodOf(named, jsonMethods); m != "" {
			wk.refuse(n.Pos(), "json."+f.Name()+" with values of "+named.Obj().Name()+", whose method "+m+" it would not find")
		}
		return true
	})
}

// judgeBehind refuses to put a value of the library behind an interface of a cell where a method of both takes
// values of any type: called through it, the method would get the engine's boxes and not the values.
func (wk *walk) judgeBehind(at token.Pos, from, to types.Type) {
	i, ok := to.Underlying().(*types.Interface)
	if named, is := types.Unalias(to).(*types.Named); from == nil || !ok || i.Empty() || is && named.Obj().Pkg() != wk.pkg || types.IsInterface(from) || hasTypeParam(to) || hasTypeParam(from) {
		return
	}
	set := types.NewMethodSet(from)
	for k := range i.NumMethods() {
		m := set.Lookup(i.Method(k).Pkg(), i.Method(k).Name())
		if m == nil || m.Obj().Pkg() == wk.pkg {
			continue
		}
		params := m.Obj().(*types.Func).Signature().Params()
		for j := range params.Len() {
			t := params.At(j).Type()
			if s, ok := t.(*types.Slice); ok {
				t = s.Elem()
			}
			if isAny(t) {
				wk.refuse(at, printedName(from)+" behind "+printedName(to)+", whose method "+m.Obj().Name()+" takes values of any type")
				return
			}
		}
	}
}

// holdsMethod finds a cell's type with one of the methods in t, t included.
func (wk *walk) holdsMethod(t types.Type, methods []string) (found *types.Named, method string) {
	wk.inside(t, func(t types.Type) bool {
		named, ok := types.Unalias(t).(*types.Named)
		if ok && named.Obj().Pkg() == wk.pkg && !types.IsInterface(named) {
			if m := methodOf(named, methods); m != "" {
				found, method = named, m
			}
		}
		return found == nil
	})
	return found, method
}

// methodOf is the first of the methods that a type or the pointer to it has, "" for none; "*" stands for all that are exported.
func methodOf(t types.Type, methods []string) string {
	if _, ok := types.Unalias(t).(*types.Pointer); !ok {
		t = types.NewPointer(t)
	}
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		if name := set.At(i).Obj().Name(); set.At(i).Obj().Exported() && (methods[0] == "*" || slices.Contains(methods, name)) {
			return name
		}
	}
	return ""
}

// concernsAny reports types in which values of type any may be.
func (wk *walk) concernsAny(t types.Type) bool {
	some := false
	wk.inside(t, func(t types.Type) bool {
		some = some || types.IsInterface(t)
		return !some
	})
	return some
}

// inside calls visit for t and the types of what a value of type t holds, until visit says no.
func (w *writer) inside(t types.Type, visit func(types.Type) bool) {
	seen := map[types.Type]bool{}
	var walk func(types.Type) bool
	walk = func(t types.Type) bool {
		t = types.Unalias(t)
		if seen[t] {
			return true
		}
		seen[t] = true
		if named, ok := t.(*types.Named); ok && named.Obj().Pkg() != w.pkg {
			return visit(t) // the library's own business
		}
		if !visit(t) {
			return false
		}
		switch u := t.Underlying().(type) {
		case *types.Pointer:
			return walk(u.Elem())
		case *types.Slice:
			return walk(u.Elem())
		case *types.Array:
			return walk(u.Elem())
		case *types.Map:
			return walk(u.Key()) && walk(u.Elem())
		case *types.Struct:
			for i := range u.NumFields() {
				if !walk(u.Field(i).Type()) {
					return false
				}
			}
		}
		return true
	}
	walk(t)
}
