package display

import (
	"fmt"
	"image"
	"image/color"
	"reflect"
)

// sources are the methods by which a type says how it shows, besides its text.
var sources = []struct {
	method, mime string
	binary       bool
}{
	{"HTML", MIMEHTML, false},
	{"SVG", MIMESVG, false},
	{"Markdown", MIMEMarkdown, false},
	{"Latex", MIMELatex, false},
	{"JavaScript", MIMEJavaScript, false},
	{"JSON", MIMEJSON, false},
	{"PNG", MIMEPNG, true},
	{"JPEG", MIMEJPEG, true},
}

// Methods returns the names of the methods that [Format] looks at.
func Methods() []string {
	names := []string{"Error", "String", "ColorModel", "Bounds", "At"}
	for _, s := range sources {
		names = append(names, s.method)
	}
	return names
}

// methodSet is a value with the methods that matter here: bound ones that the
// session has found, or those of its real type.
type methodSet struct {
	bound map[string]any
	value any // nil if there is none to ask
}

func (p *printer) methods(v reflect.Value, id TypeID, bound map[string]any) methodSet {
	// Methods of nil pointers mostly panic, and nil says it all.
	if !v.IsValid() || isNil(v) {
		return methodSet{}
	}
	if bound == nil && p.opt.Bind != nil {
		if t := p.opt.Types.at(id); t != nil && len(t.Methods) > 0 {
			bound = p.opt.Bind(v, id)
		}
	}
	ms := methodSet{bound: bound}
	if v.CanInterface() && v.Type().NumMethod() > 0 {
		ms.value = v.Interface()
	}
	return ms
}

// text returns the method Error or String, which one, and whether there is any.
func (ms methodSet) text() (f func() string, name string, ok bool) {
	for _, name := range []string{"Error", "String"} {
		if f, ok := ms.bound[name].(func() string); ok {
			return f, name, true
		}
	}
	switch x := ms.value.(type) {
	case error:
		return x.Error, "Error", true
	case fmt.Stringer:
		return x.String, "String", true
	}
	return nil, "", false
}

func (ms methodSet) hasText() bool {
	_, _, ok := ms.text()
	return ok
}

// source returns the method of that name as a function that can fail.
func (ms methodSet) source(name string) (func() (string, error), bool) {
	f := ms.bound[name]
	if f == nil && ms.value != nil {
		f = methodByInterface(ms.value, name)
	}
	switch f := f.(type) {
	case func() string:
		return func() (string, error) { return f(), nil }, true
	case func() (string, error):
		return f, true
	case func() []byte:
		return func() (string, error) { return string(f()), nil }, true
	case func() ([]byte, error):
		return func() (string, error) { b, err := f(); return string(b), err }, true
	}
	return nil, false
}

// methodByInterface finds a display method with type assertions.
// reflect.Value.MethodByName would be shorter, and make the linker keep every
// exported method of the program.
func methodByInterface(v any, name string) any {
	switch name {
	case "HTML":
		switch x := v.(type) {
		case interface{ HTML() string }:
			return x.HTML
		case interface{ HTML() (string, error) }:
			return x.HTML
		}
	case "SVG":
		switch x := v.(type) {
		case interface{ SVG() string }:
			return x.SVG
		case interface{ SVG() (string, error) }:
			return x.SVG
		case interface{ SVG() []byte }:
			return x.SVG
		}
	case "Markdown":
		switch x := v.(type) {
		case interface{ Markdown() string }:
			return x.Markdown
		case interface{ Markdown() (string, error) }:
			return x.Markdown
		}
	case "Latex":
		switch x := v.(type) {
		case interface{ Latex() string }:
			return x.Latex
		case interface{ Latex() (string, error) }:
			return x.Latex
		}
	case "JavaScript":
		switch x := v.(type) {
		case interface{ JavaScript() string }:
			return x.JavaScript
		case interface{ JavaScript() (string, error) }:
			return x.JavaScript
		}
	case "JSON":
		switch x := v.(type) {
		case interface{ JSON() string }:
			return x.JSON
		case interface{ JSON() (string, error) }:
			return x.JSON
		case interface{ JSON() []byte }:
			return x.JSON
		case interface{ JSON() ([]byte, error) }:
			return x.JSON
		}
	case "PNG":
		switch x := v.(type) {
		case interface{ PNG() []byte }:
			return x.PNG
		case interface{ PNG() ([]byte, error) }:
			return x.PNG
		}
	case "JPEG":
		switch x := v.(type) {
		case interface{ JPEG() []byte }:
			return x.JPEG
		case interface{ JPEG() ([]byte, error) }:
			return x.JPEG
		}
	}
	return nil
}

// addRich adds what the display methods return, and returns a note on those that did not.
func (p *printer) addRich(b *Bundle, ms methodSet) (notes string) {
	for _, s := range sources {
		f, ok := ms.source(s.method)
		if !ok {
			continue
		}
		source, err := p.call(f)
		if err != nil {
			notes += fmt.Sprintf("\n(method %s: %v)", s.method, err)
			continue
		}
		var data map[string]any
		switch {
		case s.binary:
			data = binaryBundle(s.mime, s.method, []byte(source)).Data
		case s.mime == MIMEJSON:
			j, err := jsonBundle(source)
			if err != nil {
				notes += fmt.Sprintf("\n(method %s: %v)", s.method, err)
				continue
			}
			data = j.Data
		default:
			data = map[string]any{s.mime: source}
		}
		b.Data[s.mime] = data[s.mime]
	}
	// The result of a comparison: whoever shows the bundle makes a table of it.
	if r, ok := ms.value.(interface{ ResultJSON() (string, error) }); ok {
		if source, err := p.call(r.ResultJSON); err != nil {
			notes += fmt.Sprintf("\n(method ResultJSON: %v)", err)
		} else {
			b.Data[MIMEResult] = source
		}
	}
	return notes
}

// call runs a method of the user's; a panic is its error.
func (p *printer) call(f func() (string, error)) (s string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %s", panicText(r))
		}
	}()
	return f()
}

// boundImage is an interpreted type that implements image.Image.
type boundImage struct {
	model  func() color.Model
	bounds func() image.Rectangle
	at     func(x, y int) color.Color
}

func (b boundImage) ColorModel() color.Model { return b.model() }
func (b boundImage) Bounds() image.Rectangle { return b.bounds() }
func (b boundImage) At(x, y int) color.Color { return b.at(x, y) }

func (ms methodSet) image() (image.Image, bool) {
	if img, ok := ms.value.(image.Image); ok {
		return img, true
	}
	var b boundImage
	var ok1, ok2, ok3 bool
	b.model, ok1 = ms.bound["ColorModel"].(func() color.Model)
	b.bounds, ok2 = ms.bound["Bounds"].(func() image.Rectangle)
	b.at, ok3 = ms.bound["At"].(func(x, y int) color.Color)
	return b, ok1 && ok2 && ok3
}

// imageData is an encoded image; png is nil if it cannot be encoded.
type imageData struct {
	png  []byte
	text string
}

func encode(img image.Image) imageData {
	data, ok := encodeImage(img)
	if !ok {
		return imageData{}
	}
	return imageData{png: data, text: imageText(img)}
}
