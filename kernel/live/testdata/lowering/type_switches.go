package main

import "fmt"

type I int
type F float64
type S string

func g(x any) string {
	switch x.(type) {
	case int:
		return "int"
	case I:
		return "I"
	case F:
		return "F"
	case float64:
		return "float64"
	case S:
		return "S"
	case string:
		return "string"
	}
	return "?"
}
func main() {
	_, ok := any(I(3)).(int)
	fmt.Println(ok)
	var a any = I(4)
	_, ok = a.(int)
	fmt.Println(ok)
	_, ok = a.(I)
	fmt.Println(ok)
	fmt.Println(g(I(3)), g(3), g(F(2)), g(2.0), g(S("s")), g("s"))
	fmt.Println(any(I(3)) == any(3))
}
