package session

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"lockstep/exec/procs/value"
)

type kilo int32

// variablesOf are addressable copies of values, and zero values of their types.
func variablesOf(all ...any) (full, empty []value.Variable) {
	for _, x := range all {
		v := reflect.New(reflect.TypeOf(x)).Elem()
		v.Set(reflect.ValueOf(x))
		full = append(full, value.Variable{Name: "x", Value: v})
		empty = append(empty, value.Variable{Name: "x", Value: reflect.New(v.Type()).Elem()})
	}
	return full, empty
}

func TestCallValuesArriveAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []any{
			rapid.Int().Draw(t, "int"), rapid.Int8().Draw(t, "int8"), rapid.Uint64().Draw(t, "uint64"), rapid.Float64().Draw(t, "float64"),
			rapid.Float32().Draw(t, "float32"), rapid.Bool().Draw(t, "bool"), rapid.String().Draw(t, "string"), kilo(rapid.Int32().Draw(t, "kilo")),
			math.NaN(),
		}
		if rapid.Bool().Draw(t, "more") {
			all = append(all, rapid.SliceOf(rapid.Int()).Draw(t, "slice"))
		}
		full, empty := variablesOf(all...)
		data, err := encodeValues(full)
		if err == nil {
			err = decodeValues(data, empty)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range empty {
			got, want := v.Value.Interface(), all[i]
			if f, ok := want.(float64); ok && math.IsNaN(f) {
				if g := got.(float64); !math.IsNaN(g) {
					t.Errorf("got %v, want NaN", g)
				}
			} else if !reflect.DeepEqual(got, want) && !(reflect.ValueOf(want).Kind() == reflect.Slice && reflect.ValueOf(want).Len() == 0) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
	})
}

func TestBrokenCallValuesAreErrors(t *testing.T) {
	full, empty := variablesOf(1<<40, "some text", 1.5, true)
	data, err := encodeValues(full)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) - 1 {
		if err := decodeValues(data[:n], empty); err == nil {
			t.Errorf("the first %d of %d bytes: got no error", n, len(data))
		}
	}
}

func BenchmarkCallValues(b *testing.B) {
	full, empty := variablesOf(1, "text")
	for b.Loop() {
		data, err := encodeValues(full)
		if err == nil {
			err = decodeValues(data, empty)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

type count int

// What all items are written down as at once is what each is by itself.
func TestEncodeEach(t *testing.T) {
	for name, c := range map[string]struct {
		f, items any
		each     []any
	}{
		"a number":            {func(int) {}, 3, []any{0, 1, 2}},
		"less than none":      {func(int) {}, -3, nil},
		"a number of a type":  {func(count) {}, count(2), []any{count(0), count(1)}},
		"converted":           {func(float64) {}, 2, []any{0, 1}},
		"strings":             {func(string) {}, []string{"", "two"}, []any{"", "two"}},
		"an array":            {func(float64) {}, [2]float64{1, -0.5}, []any{1.0, -0.5}},
		"a pointer to one":    {func(bool) {}, &[2]bool{true, false}, []any{true, false}},
		"bytes":               {func(byte) {}, []byte{0, 255}, []any{byte(0), byte(255)}},
		"structs":             {func(struct{ N int }) {}, []struct{ N int }{{1}}, []any{struct{ N int }{1}}},
		"more than one place": {func(int, ...int) {}, []int{7}, []any{7}},
	} {
		w := &work{name: "f", t: reflect.TypeOf(c.f)}
		all, err := w.EncodeEach(c.items)
		if err != nil || len(all) != len(c.each) {
			t.Errorf("%s: got %d items and %v, wanted %d", name, len(all), err, len(c.each))
			continue
		}
		for i, x := range c.each {
			if want, err := w.Encode(x); err != nil || !bytes.Equal(all[i], want) {
				t.Errorf("%s: item %d: got %q, wanted %q (%v)", name, i, all[i], want, err)
			}
		}
	}
}

// BenchmarkMapValues is what the session does for the 100,000 items of a Map and their results.
func BenchmarkMapValues(b *testing.B) {
	const n = 100_000
	w := &work{name: "f", t: reflect.TypeFor[func(int) int]()}
	for b.Loop() {
		all, err := w.EncodeEach(n)
		if err != nil {
			b.Fatal(err)
		}
		values := make([]any, n)
		for i, data := range all {
			if values[i], _, err = w.Decode(data); err != nil {
				b.Fatal(err)
			}
		}
		w.Collect(values)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/item")
}
