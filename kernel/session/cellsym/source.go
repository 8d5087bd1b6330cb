package cellsym

import (
	"fmt"
	"image"
	"reflect"
)

// What follows makes the display methods of interpreted types visible to
// display.Any: an interface for each, and its wrappers, of which yaegi fills
// the fields W… with methods of the value. The method may have any of the
// signatures that display knows. A type with several of these methods shows by
// the first in the order of sources.
//
// (A wrapper has no field for the value's own text unless the type has a method
// String: of a struct, yaegi 0.16.1 hands over the last field only.)

// sources pairs the interfaces with wrappers: of types without String and with it.
var sources = []struct {
	tested         reflect.Type
	wrapper, named any
}{
	{reflect.TypeFor[htmlSource](), (*htmlOnly)(nil), (*htmlNamed)(nil)},
	{reflect.TypeFor[svgSource](), (*svgOnly)(nil), (*svgNamed)(nil)},
	{reflect.TypeFor[pngSource](), (*pngOnly)(nil), (*pngNamed)(nil)},
	{reflect.TypeFor[jpegSource](), (*jpegOnly)(nil), (*jpegNamed)(nil)},
	{reflect.TypeFor[markdownSource](), (*markdownOnly)(nil), (*markdownNamed)(nil)},
	{reflect.TypeFor[latexSource](), (*latexOnly)(nil), (*latexNamed)(nil)},
	{reflect.TypeFor[jsonSource](), (*jsonOnly)(nil), (*jsonNamed)(nil)},
	{reflect.TypeFor[javaScriptSource](), (*javaScriptOnly)(nil), (*javaScriptNamed)(nil)},
}

// sourceInterfaces lists what display.Any tests its argument for, besides what
// fmt.Print does.
func sourceInterfaces() []reflect.Type {
	var types []reflect.Type
	for _, s := range sources {
		types = append(types, s.tested)
	}
	return append(types, reflect.TypeFor[image.Image]())
}

// sourceWrappers returns the wrappers under the names by which yaegi looks for
// them.
func sourceWrappers() map[string]reflect.Value {
	m := make(map[string]reflect.Value, len(sources))
	for _, s := range sources {
		m["_"+s.tested.Name()] = reflect.ValueOf(s.wrapper)
	}
	return m
}

// sourceComposed adds which wrapper to prefer where the type has its methods.
func sourceComposed(rows map[reflect.Value][]reflect.Type) {
	for _, s := range sources {
		rows[reflect.ValueOf(s.wrapper)] = []reflect.Type{reflect.TypeOf(s.named).Elem()}
	}
}

// source calls a display method.
func source(method any) (string, error) {
	switch f := method.(type) {
	case func() string:
		return f(), nil
	case func() (string, error):
		return f()
	case func() []byte:
		return string(f()), nil
	case func() ([]byte, error):
		b, err := f()
		return string(b), err
	}
	return "", fmt.Errorf("it has the type %T; want a function without parameters that returns string or []byte, and error if it can fail", method)
}

func binary(method any) ([]byte, error) {
	s, err := source(method)
	return []byte(s), err
}

// plain stands for the text of a value that has none.
func plain(method any) string {
	s, _ := source(method)
	return s
}

type (
	htmlSource interface{ HTML() string }
	htmlOnly   struct{ IValue, WHTML any }
	htmlNamed  struct {
		IValue, WHTML any
		WString       func() string
	}
)

func (w htmlOnly) HTML() (string, error)  { return source(w.WHTML) }
func (w htmlOnly) String() string         { return plain(w.WHTML) }
func (w htmlNamed) HTML() (string, error) { return source(w.WHTML) }
func (w htmlNamed) String() string        { return w.WString() }

type (
	svgSource interface{ SVG() string }
	svgOnly   struct{ IValue, WSVG any }
	svgNamed  struct {
		IValue, WSVG any
		WString      func() string
	}
)

func (w svgOnly) SVG() (string, error)  { return source(w.WSVG) }
func (w svgOnly) String() string        { return plain(w.WSVG) }
func (w svgNamed) SVG() (string, error) { return source(w.WSVG) }
func (w svgNamed) String() string       { return w.WString() }

type (
	pngSource interface{ PNG() string }
	pngOnly   struct{ IValue, WPNG any }
	pngNamed  struct {
		IValue, WPNG any
		WString      func() string
	}
)

func (w pngOnly) PNG() ([]byte, error)  { return binary(w.WPNG) }
func (w pngOnly) String() string        { return "PNG image" }
func (w pngNamed) PNG() ([]byte, error) { return binary(w.WPNG) }
func (w pngNamed) String() string       { return w.WString() }

type (
	jpegSource interface{ JPEG() string }
	jpegOnly   struct{ IValue, WJPEG any }
	jpegNamed  struct {
		IValue, WJPEG any
		WString       func() string
	}
)

func (w jpegOnly) JPEG() ([]byte, error)  { return binary(w.WJPEG) }
func (w jpegOnly) String() string         { return "JPEG image" }
func (w jpegNamed) JPEG() ([]byte, error) { return binary(w.WJPEG) }
func (w jpegNamed) String() string        { return w.WString() }

type (
	markdownSource interface{ Markdown() string }
	markdownOnly   struct{ IValue, WMarkdown any }
	markdownNamed  struct {
		IValue, WMarkdown any
		WString           func() string
	}
)

func (w markdownOnly) Markdown() (string, error)  { return source(w.WMarkdown) }
func (w markdownOnly) String() string             { return plain(w.WMarkdown) }
func (w markdownNamed) Markdown() (string, error) { return source(w.WMarkdown) }
func (w markdownNamed) String() string            { return w.WString() }

type (
	latexSource interface{ Latex() string }
	latexOnly   struct{ IValue, WLatex any }
	latexNamed  struct {
		IValue, WLatex any
		WString        func() string
	}
)

func (w latexOnly) Latex() (string, error)  { return source(w.WLatex) }
func (w latexOnly) String() string          { return plain(w.WLatex) }
func (w latexNamed) Latex() (string, error) { return source(w.WLatex) }
func (w latexNamed) String() string         { return w.WString() }

type (
	jsonSource interface{ JSON() string }
	jsonOnly   struct{ IValue, WJSON any }
	jsonNamed  struct {
		IValue, WJSON any
		WString       func() string
	}
)

func (w jsonOnly) JSON() (string, error)  { return source(w.WJSON) }
func (w jsonOnly) String() string         { return plain(w.WJSON) }
func (w jsonNamed) JSON() (string, error) { return source(w.WJSON) }
func (w jsonNamed) String() string        { return w.WString() }

type (
	javaScriptSource interface{ JavaScript() string }
	javaScriptOnly   struct{ IValue, WJavaScript any }
	javaScriptNamed  struct {
		IValue, WJavaScript any
		WString             func() string
	}
)

func (w javaScriptOnly) JavaScript() (string, error)  { return source(w.WJavaScript) }
func (w javaScriptOnly) String() string               { return plain(w.WJavaScript) }
func (w javaScriptNamed) JavaScript() (string, error) { return source(w.WJavaScript) }
func (w javaScriptNamed) String() string              { return w.WString() }
