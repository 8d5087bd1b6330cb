package value_test

import (
	"bytes"
	"fmt"
	"math/big"
	"testing"
	"time"

	"lockstep/exec/procs/value"
)

var (
	bigTen   = *big.NewInt(10)
	someTime = time.Unix(1, 0).UTC()
)

func BenchmarkSend(b *testing.B) {
	floats := make([]float64, 100<<20/8)
	words := make([]string, 100_000)
	for i := range words {
		words[i] = fmt.Sprint("word", i)
	}
	table := map[string]int{}
	for i, w := range words {
		table[w] = i
	}
	var head *list
	for i := range 100_000 {
		head = &list{i, head}
	}
	records := make([]inner, 100_000)
	for _, bench := range []struct {
		name     string
		from, to any
		bytes    int64
	}{
		{"floats-100MB", &floats, new([]float64), 100 << 20},
		{"strings-100k", &words, new([]string), 0},
		{"map-100k", &table, new(map[string]int), 0},
		{"list-100k", &head, new(*list), 0},
		{"records-100k", &records, new([]inner), 0},
	} {
		b.Run("encode/"+bench.name, func(b *testing.B) {
			b.SetBytes(bench.bytes)
			for b.Loop() {
				if _, err := value.Encode(variables([]any{bench.from}), value.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		data, err := value.Encode(variables([]any{bench.from}), value.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run("decode/"+bench.name, func(b *testing.B) {
			b.SetBytes(bench.bytes)
			for b.Loop() {
				if err := value.DecodeFrom(bytes.NewReader(data), int64(len(data)), byName([]any{bench.to}), value.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
