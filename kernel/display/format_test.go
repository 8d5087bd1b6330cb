package display

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/big"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// Types of a session, as the native engine makes them: named, in a package of their own.
type (
	pt struct {
		A int
		b string
	}
	list struct {
		V    int
		Next *list
	}
	celsius                   float64
	level                     int
	pair[K comparable, V any] struct {
		Key   K
		Value V
	}
	inner struct {
		d time.Duration
		m map[celsius]pt
	}
	selfSlice []selfSlice
	chain     *chain
	panicky   struct{ N int }
)

func (l level) String() string   { return fmt.Sprintf("level %d", int(l)) }
func (panicky) String() string   { panic(errors.New("boom")) }
func (panicky) HTML() string     { panic("no HTML today") }
func (panicky) Markdown() string { return "*fine*" }

// local makes the types of this test the session's own.
var local = FormatOptions{Local: func(path string) bool { return path == reflect.TypeFor[pt]().PkgPath() }}

func TestText(t *testing.T) {
	ring := &list{V: 1}
	ring.Next = &list{V: 2, Next: ring}
	self := map[string]any{"n": 1}
	self["self"] = self
	loop := []any{1, nil}
	loop[1] = loop
	long := &list{}
	for range 20 {
		long = &list{Next: long}
	}
	var nilErr error
	points := make([]pt, 4)
	for i := range points {
		points[i] = pt{i, "a rather long text"}
	}

	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{"int", 6, "6"},
		{"other integer types show plainly", uint8(200), "200"},
		{"uintptr", uintptr(255), "0xff"},
		{"string", "a\"b\n", `"a\"b\n"`},
		{"float", 2.0, "2"},
		{"float32", float32(0.1), "0.1"},
		{"large float", 1e21, "1e+21"},
		{"not a number", math.NaN(), "NaN"},
		{"complex", 1 + 2i, "(1+2i)"},
		{"bool", true, "true"},
		{"nil", nil, "nil"},
		{"nil error", &nilErr, "&nil"},
		{"ints", []int{1, 4, 9}, "[]int{1, 4, 9}"},
		{"empty", []int{}, "[]int{}"},
		{"array", [2]string{"a", "b"}, `[2]string{"a", "b"}`},
		{"struct", pt{1, "x"}, `pt{A: 1, b: "x"}`},
		{"pointer", &pt{1, "x"}, `&pt{A: 1, b: "x"}`},
		{"pointer to int", new(7), "&7"},
		{"structs", []pt{{1, "x"}, {2, "y"}}, `[]pt{{A: 1, b: "x"}, {A: 2, b: "y"}}`},
		{"pointers", []*pt{{1, "x"}, nil}, `[]*pt{&pt{A: 1, b: "x"}, nil}`},
		{"anonymous struct", struct{ X, y int }{1, 2}, "struct{ X int; y int }{X: 1, y: 2}"},
		{"sorted keys", map[string]int{"b": 2, "a": 1}, `map[string]int{"a": 1, "b": 2}`},
		{"sorted struct keys", map[pt]int{{1, "b"}: 1, {1, "a"}: 2}, `map[pt]int{{A: 1, b: "a"}: 2, {A: 1, b: "b"}: 1}`},
		{"sorted mixed keys", map[any]int{2: 0, 1: 0, "a": 0}, `map[any]int{1: 0, 2: 0, "a": 0}`},
		{"unexported map and duration", inner{time.Second, map[celsius]pt{1: {}, -1: {3, ""}}},
			`inner{d: 1s, m: map[celsius]pt{-1: {A: 3, b: ""}, 1: {A: 0, b: ""}}}`},
		{"named number", celsius(21.5), "21.5"},
		{"in interfaces types are told", []any{celsius(1), 2.0, int64(3), 4, nil, (*pt)(nil), "x", []int{1}, level(3), time.Second, pt{}},
			`[]any{celsius(1), 2.0, int64(3), 4, nil, (*pt)(nil), "x", []int{1}, level 3, 1s, pt{A: 0, b: ""}}`},
		{"nil slice", []int(nil), "[]int(nil)"},
		{"nil map", map[string]pt(nil), "map[string]pt(nil)"},
		{"nil pointer", (*pt)(nil), "(*pt)(nil)"},
		{"nil pointer with methods", (*level)(nil), "(*level)(nil)"},
		{"nil func", (func())(nil), "(func())(nil)"},
		{"func", func(int, ...pt) (string, error) { return "", nil }, "func(int, ...pt) (string, error)"},
		{"chan", make(chan int, 3), "(chan int)(len 0, cap 3)"},
		{"send chan", make(chan<- func(), 1), "(chan<- func())(len 0, cap 1)"},
		{"generic", pair[string, []pt]{"a", nil}, `pair[string, []pt]{Key: "a", Value: nil}`},
		{"generic over others", pair[time.Month, *big.Int]{1, big.NewInt(5)}, `pair[time.Month, *big.Int]{Key: January, Value: 5}`},
		{"text bytes", []byte("hi\n"), `[]byte("hi\n")`},
		{"bytes", []byte{0, 255}, "[]byte{0x00, 0xff}"},
		{"byte array", [2]byte{1, 2}, "[2]byte{0x01, 0x02}"},
		{"stringer", time.Second, "1s"},
		{"stringer inside", []level{1, 2}, "[]level{level 1, level 2}"},
		{"error", errors.New("no such thing"), "no such thing"},
		{"errors inside", []error{errors.New("a"), nil}, "[]error{a, nil}"},
		{"big", big.NewInt(1 << 40), "1099511627776"},
		{"other package's secrets", &sync.Mutex{}, "&sync.Mutex{…}"},
		{"other package's zero fields", &http.Request{Method: "GET", Host: "x"}, `&http.Request{Method: "GET", Host: "x", …}`},
		{"pointer cycle", ring, "&list{V: 1, Next: &list{V: 2, Next: (*list)(cycle)}}"},
		{"map cycle", self, `map[string]any{"n": 1, "self": map[string]any(cycle)}`},
		{"slice cycle", loop, "[]any{1, []any(cycle)}"},
		{"the same value twice is no cycle", [2]*int{new(1), new(1)}, "[2]*int{&1, &1}"},
		{"broken into lines", points, "[]pt{\n    {A: 0, b: \"a rather long text\"},\n    {A: 1, b: \"a rather long text\"},\n" +
			"    {A: 2, b: \"a rather long text\"},\n    {A: 3, b: \"a rather long text\"},\n}"},
		{"panicking String", panicky{3}, "panicky{N: 3}\n(method String: panic: boom)"},
		{"panicking String inside", []panicky{{3}}, "[]panicky{{N: 3}}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text(reflect.ValueOf(tt.v), local); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}

	if got := Text(reflect.ValueOf(long), local); !strings.Contains(got, "&list{…}") || strings.Count(got, "list{") != 9 {
		t.Errorf("a list deeper than the limit: got %s", got)
	}
	if got, want := Text(reflect.ValueOf(pt{1, "x"}), FormatOptions{}), "display.pt{A: 1, …}"; got != want {
		t.Errorf("without Local: got %s want %s", got, want)
	}
}

// A long value shows a beginning, the number of things left out, and stays
// within the limit of bytes.
func TestTextShortens(t *testing.T) {
	numbers := make([]int, 10_000)
	names := map[int]string{}
	for i := range 20_000 {
		names[i] = strings.Repeat("n", 50)
	}
	wide := make([][]string, 1000)
	for i := range wide {
		wide[i] = []string{strings.Repeat("x", 300), strings.Repeat("y", 300)}
	}
	var nested any = 1
	for range 1000 {
		nested = []any{nested, nested}
	}
	var links chain
	for range 10_000 {
		links = new(links)
	}
	for _, tt := range []struct {
		name     string
		v        any
		contains string
		limits   Limits
	}{
		{"slice", numbers, "… 9,990 more}", Limits{Elements: 10}},
		{"slice, default limit", numbers, "… 9,900 more}", Limits{}},
		{"map", names, "0: \"nnnn", Limits{}},
		{"string", strings.Repeat("é", 5000), "… 5,904 more bytes", Limits{}},
		{"string inside", []string{strings.Repeat("z", 5000)}, "… 4,600 more bytes", Limits{}},
		{"bytes", make([]byte, 5000), "… 4,900 more", Limits{}},
		{"text bytes", []byte(strings.Repeat("a", 5000)), "… 904 more bytes", Limits{}},
		{"wide", wide, "… 993 more\n}", Limits{}},
		{"nested", nested, "[]any{… 2 more}", Limits{}},
		{"chain of pointers", links, "&&…", Limits{}},
		{"stringer", big.NewInt(1).Lsh(big.NewInt(1), 40_000), "more bytes", Limits{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Text(reflect.ValueOf(tt.v), FormatOptions{Limits: tt.limits})
			if !strings.Contains(got, tt.contains) {
				t.Errorf("got %s, want it to contain %q", got, tt.contains)
			}
			if len(got) > 6000 {
				t.Errorf("got %d bytes", len(got))
			}
		})
	}
	got := Text(reflect.ValueOf(names), FormatOptions{Limits: Limits{Elements: 2}})
	want := "map[int]string{\n    0: \"" + names[0] + "\",\n    1: \"" + names[0] + "\",\n    … 19,998 more\n}"
	if got != want {
		t.Errorf("the smallest keys of a large map:\ngot  %s\nwant %s", got, want)
	}
}

type page struct{ title string }

func (p page) HTML() string              { return "<h1>" + p.title + "</h1>" }
func (p page) SVG() (string, error)      { return "<svg/>", nil }
func (p page) Markdown() (string, error) { return "", errors.New("not written yet") }
func (p page) Latex() string             { return "$x$" }
func (p page) JSON() []byte              { return []byte(`{"a": 1}`) }
func (p page) JavaScript() string        { return "1" }
func (p page) PNG() []byte               { return []byte("png") }
func (p page) JPEG() ([]byte, error)     { return []byte("jpeg"), nil }
func (p page) String() string            { return "page " + p.title }

func TestFormatMethods(t *testing.T) {
	b := Format(reflect.ValueOf(page{"One"}), local)
	want := map[string]any{
		MIMEText:       "page One\n(method Markdown: not written yet)",
		MIMEHTML:       "<h1>One</h1>",
		MIMESVG:        "<svg/>",
		MIMELatex:      "$x$",
		MIMEJSON:       json.RawMessage(`{"a": 1}`),
		MIMEJavaScript: "1",
		MIMEPNG:        base64.StdEncoding.EncodeToString([]byte("png")),
		MIMEJPEG:       base64.StdEncoding.EncodeToString([]byte("jpeg")),
	}
	if !reflect.DeepEqual(b.Data, want) {
		t.Errorf("got  %v\nwant %v", b.Data, want)
	}

	b = Format(reflect.ValueOf(panicky{1}), local)
	want = map[string]any{
		MIMEText:     "panicky{N: 1}\n(method String: panic: boom)\n(method HTML: panic: no HTML today)",
		MIMEMarkdown: "*fine*",
	}
	if !reflect.DeepEqual(b.Data, want) {
		t.Errorf("panicking methods: got %v want %v", b.Data, want)
	}
}

func TestFormatImage(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 4, 3))
	img.SetGray(1, 1, color.Gray{200})
	b := Format(reflect.ValueOf(img), FormatOptions{})
	data, err := base64.StdEncoding.DecodeString(b.Data[MIMEPNG].(string))
	if err != nil {
		t.Fatal(err)
	}
	back, err := png.Decode(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if got := color.GrayModel.Convert(back.At(1, 1)); got != (color.Gray{200}) || back.Bounds() != img.Bounds() {
		t.Errorf("the image came back with %v at 1,1 and bounds %v", got, back.Bounds())
	}
	if got, want := b.Data[MIMEText], "image, 4 × 3 pixels"; got != want {
		t.Errorf("got %q want %q", got, want)
	}

	// An image of 4e18 pixels shows as text, at once.
	b = Format(reflect.ValueOf(image.NewUniform(color.White)), FormatOptions{})
	if b.Data[MIMEPNG] != nil || b.Data[MIMEText] == "" {
		t.Errorf("an image without end: got %v", b.Data)
	}
}

// The methods of interpreted values are not in their reflect type: the session binds them.
func TestFormatBoundMethods(t *testing.T) {
	v := reflect.ValueOf(struct{ W int }{2})
	opt := FormatOptions{Methods: map[string]any{
		"String":     func() string { return "bound" },
		"HTML":       func() (string, error) { return "<b>2</b>", nil },
		"ColorModel": func() color.Model { return color.GrayModel },
		"Bounds":     func() image.Rectangle { return image.Rect(0, 0, 2, 2) },
		"At":         func(x, y int) color.Color { return color.White },
	}}
	b := Format(v, opt)
	if b.Data[MIMEHTML] != "<b>2</b>" || b.Data[MIMEPNG] == nil || b.Data[MIMEText] != "image, 2 × 2 pixels" {
		t.Errorf("got %v", b.Data)
	}
	if got := Text(v, opt); got != "bound" {
		t.Errorf("got %q want %q", got, "bound")
	}
	opt.Methods = map[string]any{"Error": func() string { panic("x") }}
	if got, want := Text(v, opt), "struct{ W int }{W: 2}\n(method Error: panic: x)"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
}

func TestResults(t *testing.T) {
	errType := reflect.TypeFor[error]()
	nilErr := reflect.Zero(errType)
	someErr := reflect.ValueOf(new(errors.New("disk full"))).Elem()
	val := func(v any) Value { return Value{V: reflect.ValueOf(v)} }
	for _, tt := range []struct {
		name    string
		vs      []Value
		text    string
		nothing bool
		failed  bool
	}{
		{"none", nil, "", true, false},
		{"one", []Value{val(6)}, "6", false, false},
		{"value and nil error", []Value{val("ab"), {V: nilErr}}, `"ab"`, false, false},
		{"value and error", []Value{val("ab"), {V: someErr}}, "disk full", false, true},
		{"two values and nil error", []Value{val(1), val("x"), {V: nilErr}}, `1, "x"`, false, false},
		{"two values", []Value{val(1), val(true)}, "1, true", false, false},
		{"error alone", []Value{{V: someErr}}, "disk full", false, true},
		{"nil error alone", []Value{{V: nilErr}}, "nil", false, false},
		{"nil error by its description", []Value{val(1), {Type: 1}}, "1", false, false},
		{"handle", []Value{val(&Handle{})}, "", true, false},
		{"bar in an interface", []Value{{V: reflect.ValueOf(new(any(&Bar{}))).Elem()}}, "", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt := FormatOptions{Types: Types{{}, {Name: "error", Kind: reflect.Interface}}}
			got := Results(tt.vs, opt)
			text, _ := got.Bundle.Data[MIMEText].(string)
			if text != tt.text || got.Nothing != tt.nothing || got.Failed != tt.failed {
				t.Errorf("got %q, nothing %v, failed %v; want %q, %v, %v", text, got.Nothing, got.Failed, tt.text, tt.nothing, tt.failed)
			}
		})
	}
}
