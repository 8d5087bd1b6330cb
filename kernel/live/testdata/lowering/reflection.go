package main

import (
	"encoding/json"
	"fmt"
	"reflect"
)

type K int
type T struct {
	A int `json:"a" other:"x y"`
	b string
	C K
}
type G[E any] struct{ e E }

func main() {
	t := reflect.TypeOf(T{})
	fmt.Println(t.Name(), t.String(), t.Kind(), t.NumField(), reflect.TypeOf(3).Name(), reflect.TypeOf(&T{}).Name(), reflect.TypeOf(&T{}).String())
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		fmt.Println(f.Name, f.Type.String(), f.Tag, f.Tag.Get("json"), f.IsExported(), f.PkgPath)
	}
	_, ok := t.FieldByName("b")
	_, ok2 := t.FieldByName("Xb")
	fmt.Println(ok, ok2, reflect.ValueOf(T{b: "q"}).FieldByName("b").String())
	fmt.Println(t.PkgPath(), reflect.TypeOf(K(1)).PkgPath(), reflect.TypeOf(&t).PkgPath() == "", reflect.TypeOf(json.Number("")).PkgPath())
	fmt.Println(reflect.TypeOf(G[int]{}).Name(), reflect.TypeOf(G[T]{}).String(), reflect.TypeOf(K(1)).Name(), reflect.TypeOf([]K{}))
	b, err := json.Marshal(T{1, "x", 2})
	fmt.Println(string(b), err)
	b, err = json.Marshal([]any{T{1, "x", 2}, struct{ a, B int }{1, 2}, G[int]{1}, map[string]T{"k": {}}})
	fmt.Println(string(b), err)
	var u T
	fmt.Println(json.Unmarshal([]byte(`{"a": 5, "b": "no", "C": 7}`), &u), u.A, u.b, int(u.C))
	v := reflect.ValueOf(&u).Elem()
	v.Field(0).SetInt(9)
	fmt.Println(u.A, v.Kind() == reflect.Struct, v.Type() == t, reflect.DeepEqual(u, T{9, "", 7}))
}
