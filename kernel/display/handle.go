package display

import (
	"image"
	"reflect"
)

// Handle is an output in a notebook. Its methods replace what it shows, in
// place, also from a later cell. It is safe for concurrent use.
type Handle struct {
	id string
	o  *outlet
}

// ID is the display id: it is unique in the notebook.
func (h *Handle) ID() string { return h.id }

func show(call string, b Bundle) *Handle {
	o := outletFor(call)
	h := &Handle{id: o.newID(), o: o}
	h.send(Show, b)
	return h
}

func (h *Handle) update(b Bundle) { h.send(Update, b) }

func (h *Handle) send(a Action, b Bundle) {
	if b.Metadata == nil {
		b.Metadata = map[string]any{}
	}
	h.o.host.Show(Message{Action: a, ID: h.id, Bundle: b})
}

// HTML shows HTML source.
func HTML(source string) *Handle { return show("display.HTML", htmlBundle(source)) }

// HTML replaces the output by HTML source.
func (h *Handle) HTML(source string) { h.update(htmlBundle(source)) }

// Markdown shows Markdown source.
func Markdown(source string) *Handle {
	return show("display.Markdown", textBundle(MIMEMarkdown, source))
}

// Markdown replaces the output by Markdown source.
func (h *Handle) Markdown(source string) { h.update(textBundle(MIMEMarkdown, source)) }

// SVG shows an SVG document.
func SVG(source string) *Handle { return show("display.SVG", svgBundle(source)) }

// SVG replaces the output by an SVG document.
func (h *Handle) SVG(source string) { h.update(svgBundle(source)) }

// Latex shows LaTeX source: math between dollar signs.
func Latex(source string) *Handle { return show("display.Latex", textBundle(MIMELatex, source)) }

// Latex replaces the output by LaTeX source.
func (h *Handle) Latex(source string) { h.update(textBundle(MIMELatex, source)) }

// JavaScript runs a script in the notebook, where the client allows that.
func JavaScript(source string) *Handle {
	return show("display.JavaScript", textBundle(MIMEJavaScript, source))
}

// JavaScript replaces the output by a script.
func (h *Handle) JavaScript(source string) { h.update(textBundle(MIMEJavaScript, source)) }

// PNG shows an image file in the PNG format.
func PNG(data []byte) *Handle { return show("display.PNG", binaryBundle(MIMEPNG, "PNG", data)) }

// PNG replaces the output by an image file in the PNG format.
func (h *Handle) PNG(data []byte) { h.update(binaryBundle(MIMEPNG, "PNG", data)) }

// JPEG shows an image file in the JPEG format.
func JPEG(data []byte) *Handle { return show("display.JPEG", binaryBundle(MIMEJPEG, "JPEG", data)) }

// JPEG replaces the output by an image file in the JPEG format.
func (h *Handle) JPEG(data []byte) { h.update(binaryBundle(MIMEJPEG, "JPEG", data)) }

// ArgumentError is the panic value of a call whose argument cannot be shown.
type ArgumentError struct {
	Call string // "display.JSON"
	Err  error
}

func (e *ArgumentError) Error() string { return e.Call + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *ArgumentError) Unwrap() error { return e.Err }

func mustJSON(v any) Bundle {
	b, err := jsonBundle(v)
	if err != nil {
		panic(&ArgumentError{Call: "display.JSON", Err: err})
	}
	return b
}

// JSON shows a value as a JSON tree. A string or []byte that holds JSON is
// shown as that; everything else is encoded with encoding/json. It panics with
// an [*ArgumentError] for a value that has no JSON form.
func JSON(v any) *Handle { return show("display.JSON", mustJSON(v)) }

// JSON replaces the output by a JSON tree, as the function JSON shows it.
func (h *Handle) JSON(v any) { h.update(mustJSON(v)) }

// Image shows an image as PNG.
func Image(img image.Image) *Handle { return show("display.Image", imageBundle(img)) }

// Image replaces the output by an image.
func (h *Handle) Image(img image.Image) { h.update(imageBundle(img)) }

func imageBundle(img image.Image) Bundle { return Format(reflect.ValueOf(img), FormatOptions{}) }

// Any shows a value as the last expression of a cell shows it: see [Format].
func Any(v any) *Handle {
	o := outletFor("display.Any")
	h := &Handle{id: o.newID(), o: o}
	h.send(Show, o.format(v))
	return h
}

// Any replaces the output by a value.
func (h *Handle) Any(v any) { h.update(h.o.format(v)) }

func (o *outlet) format(v any) Bundle {
	if f, ok := o.host.(Formatter); ok {
		return f.Format(v)
	}
	return Format(reflect.ValueOf(v), FormatOptions{})
}

// Clear replaces the output by nothing. Other output of the cell stays.
func (h *Handle) Clear() { h.update(Bundle{Data: map[string]any{MIMEText: ""}}) }

// Clear removes the output that the cell has shown so far: at once or, with
// wait, when its next output arrives, which avoids flicker.
func Clear(wait bool) {
	o := outletFor("display.Clear")
	m := Message{Action: ClearNow}
	if wait {
		m.Action = ClearLater
	}
	o.host.Show(m)
}

// Silent reports whether v is a [*Handle] or a [*Bar]: they are on the screen
// already, so that a cell that ends with one shows no result.
func Silent(v reflect.Value) bool {
	if v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v.IsValid() && (v.Type() == reflect.TypeFor[*Handle]() || v.Type() == reflect.TypeFor[*Bar]())
}
