package session

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQueuedValuesKeepTheirTypes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, v := range []any{
			nil, rapid.Int().Draw(t, "int"), rapid.Float64().Draw(t, "float64"), rapid.String().Draw(t, "string"), rapid.Bool().Draw(t, "bool"),
			rapid.SliceOfN(rapid.Byte(), 1, -1).Draw(t, "bytes"), []byte{}, []byte(nil), rapid.Int64().Draw(t, "int64"), time.Duration(3),
			map[string]int{"a": 1}, []any{1, "x"},
		} {
			head, body, err := labHost{}.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := (labHost{}).Unmarshal(slices.Concat(head, body)); err != nil || !reflect.DeepEqual(got, v) {
				t.Errorf("got %#v, %v, want %#v", got, err, v)
			}
		}
	})
}

func BenchmarkQueuedInt(b *testing.B) {
	for b.Loop() {
		data, _, err := labHost{}.Marshal(7)
		if err == nil {
			_, err = labHost{}.Unmarshal(data)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
