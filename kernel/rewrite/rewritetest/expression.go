package rewritetest

import "fmt"

// expr returns an expression of a kind that changes nothing: variables, literals, operators,
// and calls of functions that change nothing that an expression reads.
func (g *generator) expr(k kind, depth int) string {
	if name, ok := g.variable(k, false); ok && (depth <= 0 || g.one(3)) {
		return name
	}
	if depth <= 0 {
		return g.literal(k)
	}
	e := func(k kind) string { return g.expr(k, depth-1) }
	switch k {
	case integer:
		return g.integer(depth, e)
	case text:
		switch g.pick(6) {
		case 0:
			return fmt.Sprintf("@clip(%s + %s)", e(text), e(text))
		case 1:
			return fmt.Sprintf("fmt.Sprint(%s, %s)", e(integer), e(truth))
		case 2:
			return fmt.Sprintf("strings.ToUpper(%s)", e(text))
		case 3:
			return e(record) + ".b"
		case 4:
			return fmt.Sprintf("@folded([]string{%s, %s}, %q)", e(text), e(text), "-")
		case 5:
			return fmt.Sprintf("%s.String()", e(named))
		}
	case truth:
		switch g.pick(5) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", e(integer), g.of("<", "<=", "==", "!=", ">", ">="), e(integer))
		case 1:
			return fmt.Sprintf("(%s %s %s)", e(truth), g.of("&&", "||"), e(truth))
		case 2:
			return fmt.Sprintf("!%s", e(truth))
		case 3:
			return fmt.Sprintf("(%s %s %s)", e(text), g.of("<", "==", "!="), e(text))
		case 4:
			return fmt.Sprintf("(%s == %s)", e(array), e(array))
		}
	case list:
		switch g.pick(5) {
		case 0:
			return fmt.Sprintf("append([]int(nil), %s, %s)", e(integer), e(integer))
		case 1:
			return fmt.Sprintf("@mapped(%s, func(x int) int { return x + %s })", e(list), e(integer))
		case 2:
			return fmt.Sprintf("append([]int{%s}, %s...)", e(integer), e(list))
		case 3:
			return fmt.Sprintf("[]int{2: %s, 0: %s}", e(integer), e(integer))
		case 4:
			return e(record) + ".xs"
		}
	case small:
		return fmt.Sprintf("(%s %s %s)", e(small), g.of("+", "-", "*", "^", "|"), fmt.Sprintf("@byte(%s)", e(integer)))
	case named:
		return fmt.Sprintf("@num(%s)", e(integer))
	case record:
		switch g.pick(3) {
		case 0:
			return fmt.Sprintf("@rec{a: %s, b: %s}", e(integer), e(text))
		case 1:
			return fmt.Sprintf("%s.with(%s)", e(record), e(integer))
		case 2:
			return e(wrapped) + ".@rec"
		}
	case pointer:
		return fmt.Sprintf("&@rec{%s, %s, []int{%s}}", e(integer), e(text), e(integer))
	case wrapped:
		return fmt.Sprintf("@wrap{%s, %s}", e(record), e(integer))
	case callable:
		return fmt.Sprintf("func(x int) int { return x*2 + %s }", e(integer))
	case general:
		return fmt.Sprintf("@any(%s)", e([]kind{record, named, pointer, wrapped}[g.pick(4)]))
	case table:
		return fmt.Sprintf("map[string]int{\"k\": %s, \"l\": %s}", e(integer), e(integer))
	case array:
		return fmt.Sprintf("[3]int{%s, %s}", e(integer), e(integer))
	}
	return g.literal(k)
}

func (g *generator) integer(depth int, e func(kind) string) string {
	switch g.pick(15) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", e(integer), g.of("+", "-", "*", "&", "|", "^", "&^"), e(integer))
	case 2:
		return fmt.Sprintf("(%s %s (%s&7 + 1))", e(integer), g.of("/", "%"), e(integer))
	case 3:
		return fmt.Sprintf("(%s %s (%s & 3))", e(integer), g.of("<<", ">>"), e(integer))
	case 4:
		return fmt.Sprintf("-(%s)", e(integer))
	case 5:
		return fmt.Sprintf("len(%s)", e([]kind{text, list}[g.pick(2)]))
	case 6:
		return fmt.Sprintf("@at(%s, %s)", e(list), e(integer))
	case 7:
		return fmt.Sprintf("%s.m(%s)", e([]kind{record, named, wrapped}[g.pick(3)]), e(integer))
	case 8:
		return fmt.Sprintf("%s(%s, %s)", g.of("min", "max"), e(integer), e(integer))
	case 9:
		return fmt.Sprintf("int(%s)", e([]kind{small, named}[g.pick(2)]))
	case 10:
		if name, ok := g.variable(array, false); ok {
			return fmt.Sprintf("%s[%d]", name, g.pick(3))
		}
	case 11:
		if name, ok := g.variable(table, false); ok {
			return fmt.Sprintf("%s[%s]", name, e(text))
		}
	case 12:
		if len(g.funcs) > 0 {
			return fmt.Sprintf("%s(%s, %s)", g.funcs[g.pick(len(g.funcs))], e(integer), e(text))
		}
	case 13:
		return fmt.Sprintf("@folded(%s, %s)", e(list), e(integer))
	case 14:
		return e([]kind{record, wrapped}[g.pick(2)]) + ".a"
	}
	return g.literal(integer)
}

func (g *generator) of(choices ...string) string { return choices[g.pick(len(choices))] }

func (g *generator) literal(k kind) string {
	switch k {
	case integer:
		return fmt.Sprint(g.pick(10))
	case text:
		return g.of(`"a"`, `"b"`, `"höh"`, `""`)
	case truth:
		return g.of("true", "false")
	case list:
		return g.of("[]int{1, 2, 3}", "[]int{4}", "[]int{}", "[]int(nil)")
	case small:
		return fmt.Sprintf("@byte(%d)", 100+g.pick(156))
	case named:
		return fmt.Sprintf("@num(%d)", g.pick(10))
	case record:
		return g.of("@rec{}", `@rec{1, "r", nil}`, `@rec{a: 3, xs: []int{7}}`)
	case pointer:
		return g.of("&@rec{}", "new(@rec)")
	case wrapped:
		return g.of("@wrap{}", `@wrap{@rec{a: 2}, 5}`)
	case callable:
		return "func(x int) int { return x + 1 }"
	case general:
		return "@any(@num(1))"
	case table:
		return `map[string]int{"a": 1}`
	}
	return "[3]int{1, 2, 3}"
}
