package stdsym

import (
	"encoding"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log"
	"reflect"
)

// MapTypes tells yaegi what compiled code looks for behind the static type of
// an argument. A function is mapped to the interfaces that it tests an empty
// interface for, and an interpreted value is then passed in a wrapper that has
// their methods; the wrapper of an interface is mapped to wrappers with further
// methods. The map is made for each call, and the caller owns it: one who
// replaces fmt.Print by a function of his own gives that function the interfaces of fmt.Print.
func MapTypes() map[reflect.Value][]reflect.Type {
	m := make(map[reflect.Value][]reflect.Type)
	for _, row := range tests {
		for _, f := range row.functions {
			m[reflect.ValueOf(f)] = row.interfaces
		}
	}
	for _, t := range tables {
		for _, c := range t.Composed {
			for _, w := range t.Wrappers {
				if w.Name == c.Name {
					key := reflect.ValueOf(w.Value)
					m[key] = append(m[key], reflect.TypeOf(c.Value).Elem())
				}
			}
		}
	}
	m[reflect.ValueOf((*plainError)(nil))] = errorWrappers
	return m
}

// tests lists functions with the interfaces that their arguments are tested
// for, in the order in which they are.
var tests = []struct {
	functions  []any
	interfaces []reflect.Type
}{
	{
		[]any{
			fmt.Append, fmt.Appendf, fmt.Appendln, fmt.Errorf, fmt.Fprint, fmt.Fprintf, fmt.Fprintln,
			fmt.Print, fmt.Printf, fmt.Println, fmt.Sprint, fmt.Sprintf, fmt.Sprintln,
			log.Fatal, log.Fatalf, log.Fatalln, log.Panic, log.Panicf, log.Panicln, log.Print, log.Printf, log.Println,
		},
		[]reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[formattedError](), reflect.TypeFor[formattedString]()},
	},
	{
		[]any{fmt.Scan, fmt.Scanf, fmt.Scanln, fmt.Fscan, fmt.Fscanf, fmt.Fscanln, fmt.Sscan, fmt.Sscanf, fmt.Sscanln},
		[]reflect.Type{reflect.TypeFor[fmt.Scanner]()},
	},
	{
		[]any{json.Marshal, json.MarshalIndent},
		[]reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()},
	},
	{
		[]any{json.Unmarshal},
		[]reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
	},
	{
		[]any{xml.Marshal, xml.MarshalIndent},
		[]reflect.Type{reflect.TypeFor[xml.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()},
	},
	{
		[]any{xml.Unmarshal},
		[]reflect.Type{reflect.TypeFor[xml.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
	},
}
