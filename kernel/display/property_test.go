package display

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"go/parser"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var scalarTypes = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[complex128](), reflect.TypeFor[string](),
	reflect.TypeFor[celsius](), reflect.TypeFor[level](), reflect.TypeFor[panicky](), reflect.TypeFor[time.Time](), reflect.TypeFor[pt](),
	reflect.TypeFor[any](), reflect.TypeFor[error](), reflect.TypeFor[func(int) string](), reflect.TypeFor[chan int](), reflect.TypeFor[page](),
	reflect.TypeFor[list](), reflect.TypeFor[inner](), reflect.TypeFor[selfSlice](),
}

func drawType(t *rapid.T, depth int) reflect.Type {
	if depth == 0 {
		return rapid.SampledFrom(scalarTypes).Draw(t, "scalar")
	}
	elem := drawType(t, depth-1)
	switch rapid.IntRange(0, 6).Draw(t, "shape") {
	case 0:
		return reflect.PointerTo(elem)
	case 1:
		return reflect.SliceOf(elem)
	case 2:
		return reflect.ArrayOf(rapid.IntRange(0, 3).Draw(t, "len"), elem)
	case 3:
		key := rapid.SampledFrom(scalarTypes).Draw(t, "key")
		if !key.Comparable() {
			key = reflect.TypeFor[float64]()
		}
		return reflect.MapOf(key, elem)
	case 4:
		return reflect.StructOf([]reflect.StructField{
			{Name: "A", Type: elem}, {Name: "b", PkgPath: "p", Type: drawType(t, depth-1)},
		})
	case 5:
		return reflect.ChanOf(reflect.BothDir, elem)
	}
	return elem
}

func fill(t *rapid.T, v reflect.Value, depth int) {
	if depth == 0 || rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int8:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint64, reflect.Uintptr:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), 0})).Draw(t, "float"))
	case reflect.Complex128:
		v.SetComplex(complex(rapid.Float64().Draw(t, "re"), 1))
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.String(), rapid.Just("\xff<&\x00"), rapid.Just(strings.Repeat("ä", 3000))).Draw(t, "string"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), depth-1)
	case reflect.Slice:
		n := rapid.SampledFrom([]int{0, 1, 3, 120}).Draw(t, "n")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range min(n, 3) {
			fill(t, v.Index(i), depth-1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), depth-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, key, depth-1)
			fill(t, value, depth-1)
			if key.Comparable() {
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(t, v.Field(i), depth-1)
			}
		}
	case reflect.Interface:
		if v.NumMethod() > 0 {
			v.Set(reflect.ValueOf(fmt.Errorf("bad %d", depth)))
			return
		}
		x := reflect.New(drawType(t, 1)).Elem()
		fill(t, x, depth-1)
		v.Set(x)
	case reflect.Chan:
		v.Set(reflect.MakeChan(v.Type(), 2))
	}
}

// Whatever the value and whatever is claimed about its type: Format does not
// panic, not even inside, and what it returns is what the types say.
func TestFormatAnyValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := reflect.New(drawType(t, rapid.IntRange(0, 4).Draw(t, "depth"))).Elem()
		fill(t, v, 5)
		opt := local
		if rapid.Bool().Draw(t, "described") {
			opt = sessionOptions(TypeID(rapid.IntRange(0, len(session)).Draw(t, "id")))
		}
		b := Format(v, opt)
		text, ok := b.Data[MIMEText].(string)
		if !ok || strings.Contains(text, "a value that cannot be shown") {
			t.Fatalf("got %q", text)
		}
		if len(text) > 10_000 {
			t.Fatalf("got %d bytes of text", len(text))
		}
		if again := Format(v, opt).Data[MIMEText]; again != text && !strings.Contains(v.Type().String(), "map[") {
			t.Fatalf("got %q and then %q", text, again)
		}
		for mime, data := range b.Data {
			switch mime {
			case MIMEJSON:
				if !json.Valid(data.(json.RawMessage)) {
					t.Fatalf("got JSON %s", data)
				}
			case MIMEPNG, MIMEJPEG:
				if _, err := base64.StdEncoding.DecodeString(data.(string)); err != nil {
					t.Fatal(err)
				}
			case MIMEHTML:
				if html := data.(string); strings.Count(html, "<td") != strings.Count(html, "</td>") || strings.Contains(html, "<&") {
					t.Fatalf("got %s", html)
				}
			}
		}
		if _, err := json.Marshal(b.Data); err != nil {
			t.Fatal(err)
		}
	})
}

// What is shown of plain data is Go that the parser accepts.
func TestTextIsGo(t *testing.T) {
	plain := []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[int8](), reflect.TypeFor[uint64](), reflect.TypeFor[string](),
		reflect.TypeFor[celsius](), reflect.TypeFor[pt](), reflect.TypeFor[pair[string, []pt]](), reflect.TypeFor[[]byte](),
	}
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(plain).Draw(t, "elem")
		for range rapid.IntRange(0, 3).Draw(t, "depth") {
			switch rapid.IntRange(0, 3).Draw(t, "shape") {
			case 0:
				typ = reflect.SliceOf(typ)
			case 1:
				typ = reflect.MapOf(reflect.TypeFor[string](), typ)
			case 2:
				typ = reflect.ArrayOf(2, typ)
			case 3:
				typ = reflect.StructOf([]reflect.StructField{{Name: "A", Type: typ}, {Name: "b", PkgPath: "p", Type: typ}})
			}
		}
		v := reflect.New(typ).Elem()
		fill(t, v, 6)
		if rapid.Bool().Draw(t, "in an interface") {
			v = reflect.ValueOf([]any{v.Interface(), nil})
		}
		text := Text(v, local)
		if strings.Contains(text, "…") {
			return // shortened
		}
		if _, err := parser.ParseExpr(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
