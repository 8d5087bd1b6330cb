package display

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the expected tables in testdata")

type person struct {
	Name   string
	Height float64
	Took   time.Duration
	tags   []string
}

func TestTable(t *testing.T) {
	many := make([]person, 1234)
	for i := range many {
		many[i].Height = float64(i)
	}
	wide := reflect.New(reflect.ArrayOf(2, wideStruct(40))).Elem()
	wide.Index(1).Field(39).SetInt(7)
	for _, tt := range []struct {
		name string
		v    any
		opt  FormatOptions
	}{
		{"structs", []person{{"Ann & Bob", 1.5, time.Second, nil}, {"<script>", 2, 0, []string{"a", "b"}}, {strings.Repeat("long ", 50), -1, 0, nil}}, local},
		{"pointers", &[]*person{{"Ann", 1, 0, nil}, nil}, local},
		{"map", map[string]int{"b": 2, "a": 1}, local},
		{"map_of_structs", map[int]person{10: {"Ann", 1, 0, nil}, 9: {"Bob", 2, 0, nil}}, local},
		{"maps", []map[string]any{{"x": 1, "y": "<b>"}, {"x": nil, "z": 2.5}}, local},
		{"described", []rawPlain{{"n", 2}, {"m", 3}}, sessionOptions(idSlicePlain)},
		{"rows_left_out", many, FormatOptions{Local: local.Local, Limits: Limits{Rows: 2}}},
		{"columns_left_out", wide.Interface(), FormatOptions{Limits: Limits{Columns: 3}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Format(reflect.ValueOf(tt.v), tt.opt).Data[MIMEHTML].(string)
			if !ok {
				t.Fatal("got no table")
			}
			golden := filepath.Join("testdata", "table_"+tt.name+".html")
			if *update {
				if err := os.WriteFile(golden, []byte(got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got+"\n" != string(want) {
				t.Errorf("%s (-update rewrites it):\ngot  %s\nwant %s", golden, got, want)
			}
		})
	}
}

func wideStruct(n int) reflect.Type {
	fields := make([]reflect.StructField, n)
	for i := range fields {
		fields[i] = reflect.StructField{Name: "F" + count(i), Type: reflect.TypeFor[int]()}
	}
	return reflect.StructOf(fields)
}

func TestNoTable(t *testing.T) {
	for name, v := range map[string]any{
		"numbers":              []int{1, 2},
		"structs with String":  []time.Time{{}},
		"pointers with String": []*level{new(level(1))},
		"nothing in it":        []person{},
		"nil":                  []person(nil),
		"nil map":              map[string]int(nil),
		"struct":               person{},
		"hidden fields":        []strings.Builder{{}},
		"described String":     nil,
	} {
		opt := local
		if v == nil {
			v, opt = []rawP{{1, "x"}}, sessionOptions(idSliceP)
		}
		if b := Format(reflect.ValueOf(v), opt); b.Data[MIMEHTML] != nil {
			t.Errorf("%s: got %v", name, b.Data[MIMEHTML])
		}
	}
}

// A big table is bounded in bytes and in time, and says what is missing.
func TestBigTable(t *testing.T) {
	rows := make([]map[string]string, 20_000)
	for i := range rows {
		rows[i] = map[string]string{"a": strings.Repeat("<", 1000), "b": strings.Repeat("x", 1000)}
	}
	opt := FormatOptions{Limits: Limits{Rows: 20_000}}
	html := Format(reflect.ValueOf(rows), opt).Data[MIMEHTML].(string)
	if len(html) > tableBytes+2000 {
		t.Errorf("got %d bytes, want at most about %d", len(html), tableBytes)
	}
	written := strings.Count(html, "<tr>") - 1
	if want := count(len(rows)-written) + " more rows"; !strings.HasSuffix(html, want+"</em></p>") {
		t.Errorf("got the end %q, want %q", html[len(html)-60:], want)
	}
}
