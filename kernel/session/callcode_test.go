package session

import (
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
