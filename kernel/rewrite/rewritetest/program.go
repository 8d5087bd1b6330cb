// Package rewritetest makes Go programs for tests of the rewrite: valid, ending, and
// printing the same however often they are run.
//
// [Program] is all of it. What a program does is chosen by bytes, so that a fuzzer can
// drive it; the choices are about what the rewrite touches: loops and their variables,
// closures, defer, recover, goroutines and channels, switches, labels, assignments of
// several values, shadowing, methods, interfaces and generics.
//
// The order in which Go evaluates the operands of an expression is free where a call
// changes what another operand reads, so programs do not depend on it: functions
// that change something are called in statements of their own.
package rewritetest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// Program returns the declarations of a program, chosen by the bytes of seed. All its
// names begin with prefix, so that several programs fit into one package; its function
// prefix+"main" has no parameters and ends by itself. It uses packages fmt, strings
// and sync, and needs no import of others.
func Program(seed []byte, prefix string) string {
	h := fnv.New64a()
	h.Write(seed)
	g := &generator{seed: seed, more: rand.New(rand.NewPCG(h.Sum64(), 1)), prefix: prefix, left: 70}
	g.push()
	g.put(preamble)
	for range 1 + g.pick(4) {
		g.function()
	}
	g.line("func @main() {")
	g.push()
	g.line("@fuel = 60")
	g.line("defer fmt.Println(\"end\")")
	for g.left > 0 {
		g.statement()
	}
	g.show()
	g.pop()
	g.line("}")
	return g.out.String()
}

// Whole is a program made of several: the text of a file whose main function runs
// them in order, with a line of mark behind each.
func Whole(mark string, programs ...string) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n\t\"sync\"\n)\n")
	var calls strings.Builder
	for _, p := range programs {
		b.WriteString("\n" + p)
		at := strings.LastIndex(p, "main() {\n")
		begin := strings.LastIndex(p[:at], " ") + 1
		fmt.Fprintf(&calls, "\t%smain()\n\tfmt.Println(%q)\n", p[begin:at], mark)
	}
	b.WriteString("\nfunc main() {\n" + calls.String() + "}\n")
	return b.String()
}

// preamble is what every program has: types and functions for the others to use. An @ stands
// for the prefix.
const preamble = `
var @fuel int

type @num int

func (n @num) String() string { return fmt.Sprintf("num(%d)", int(n)) }
func (n @num) m(x int) int    { return int(n) + x }

type @rec struct {
	a  int
	b  string
	xs []int
}

func (r @rec) m(x int) int   { return r.a*x + len(r.xs) }
func (r *@rec) add(x int)    { r.a += x; r.xs = append(r.xs, x) }
func (r @rec) with(x int) @rec { r.a = x; return r }

type @wrap struct {
	@rec
	c int
}

func (w *@wrap) up() int { w.c++; return w.c }

type @any interface{ m(int) int }

type @stack[T any] struct{ xs []T }

func (s *@stack[T]) push(x T) { s.xs = append(s.xs, x) }
func (s *@stack[T]) pop() (x T, ok bool) {
	if len(s.xs) == 0 {
		return x, false
	}
	x = s.xs[len(s.xs)-1]
	s.xs = s.xs[:len(s.xs)-1]
	return x, true
}

func @mapped[T, U any](xs []T, f func(T) U) (ys []U) {
	for _, x := range xs {
		ys = append(ys, f(x))
	}
	return ys
}

func @folded[T int | string](xs []T, start T) T {
	for _, x := range xs {
		start += x
	}
	return start
}

func @at(xs []int, i int) int {
	if len(xs) == 0 {
		return -1
	}
	return xs[(i%len(xs)+len(xs))%len(xs)]
}

func @clip(s string) string {
	if len(s) > 20 {
		return s[:20]
	}
	return s
}

func @count(n int) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range n {
			if !yield(i, strings.Repeat("z", i)) {
				return
			}
		}
	}
}

func @yes(b bool) bool { return b }

func @byte(n int) uint8 { return uint8(n) }

func @two(x int) (int, string) { return x + 1, fmt.Sprint("two", x) }

func @safe(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(name, "recovered", r)
		}
	}()
	f()
}

var _ sync.Mutex
`

// A kind is a type of the variables of a program.
type kind int

const (
	integer kind = iota
	text
	truth
	list
	array
	small // uint8
	named // @num
	record
	pointer // to a record
	wrapped
	callable // func(int) int
	general  // @any
	table    // map[string]int
	kinds
)

var typeNames = [kinds]string{"int", "string", "bool", "[]int", "[3]int", "uint8", "@num", "@rec", "*@rec", "@wrap", "func(int) int", "@any", "map[string]int"}

type variable struct {
	name  string
	kind  kind
	fixed bool // not to be assigned: a loop's end depends on it
}

// generator writes one program.
type generator struct {
	seed   []byte
	more   *rand.Rand // where the seed is at its end
	prefix string
	out    strings.Builder
	depth  int // of blocks
	loops  int // around the statement
	left   int // statements still to come
	names  int
	scopes [][]variable
	funcs  []string // functions of the program: func(int, string) int
	label  string   // of the loop around the statement; "" for none
	inFunc bool     // in a function literal: a return gives an int
}

// pick chooses one of n.
func (g *generator) pick(n int) int {
	if len(g.seed) > 0 {
		b := g.seed[0]
		g.seed = g.seed[1:]
		return int(b) % n
	}
	return g.more.IntN(n)
}

// one in n times is true.
func (g *generator) one(n int) bool { return g.pick(n) == 0 }

func (g *generator) put(text string) { g.out.WriteString(strings.ReplaceAll(text, "@", g.prefix)) }

func (g *generator) line(format string, args ...any) {
	g.put(strings.Repeat("\t", g.depth) + fmt.Sprintf(format, args...) + "\n")
}

func (g *generator) push() { g.scopes = append(g.scopes, nil); g.depth = len(g.scopes) - 1 }

func (g *generator) pop() { g.scopes = g.scopes[:len(g.scopes)-1]; g.depth = len(g.scopes) - 1 }

// name returns a new name, or one that hides another.
func (g *generator) name() string {
	if len(g.scopes) > 2 && g.one(4) {
		outer := g.scopes[1+g.pick(len(g.scopes)-2)]
		if len(outer) > 0 {
			name := outer[g.pick(len(outer))].name
			if !declares(g.scopes[len(g.scopes)-1], name) {
				return name
			}
		}
	}
	g.names++
	return fmt.Sprintf("v%d", g.names)
}

func declares(scope []variable, name string) bool {
	for _, v := range scope {
		if v.name == name {
			return true
		}
	}
	return false
}

func (g *generator) add(v variable) {
	top := len(g.scopes) - 1
	g.scopes[top] = append(g.scopes[top], v)
}

// visible are the variables of a kind that no other hides, free ones only if they are to be
// assigned.
func (g *generator) visible(k kind, free bool) (all []string) {
	hidden := map[string]bool{}
	for i := len(g.scopes) - 1; i >= 0; i-- {
		for _, v := range g.scopes[i] {
			if !hidden[v.name] && v.kind == k && !(free && v.fixed) {
				all = append(all, v.name)
			}
		}
		for _, v := range g.scopes[i] {
			hidden[v.name] = true
		}
	}
	return all
}

// variable chooses a variable of a kind; ok is false if there is none.
func (g *generator) variable(k kind, free bool) (name string, ok bool) {
	all := g.visible(k, free)
	if len(all) == 0 {
		return "", false
	}
	return all[g.pick(len(all))], true
}

// function writes a function of the program, which later ones may call.
func (g *generator) function() {
	name := fmt.Sprintf("@f%d", len(g.funcs))
	g.line("func %s(p int, q string) (r int) {", name)
	g.push()
	g.line("if @fuel--; @fuel < 0 {\n\t\treturn p\n\t}")
	g.add(variable{"p", integer, false})
	g.add(variable{"q", text, false})
	g.add(variable{"r", integer, false})
	g.inFunc = true
	if g.one(2) {
		g.line("defer func() { r += %s }()", g.expr(integer, 1))
	}
	for range 2 + g.pick(5) {
		g.statement()
	}
	g.line("return %s", g.expr(integer, 2))
	g.inFunc = false
	g.pop()
	g.line("}\n")
	g.funcs = append(g.funcs, name)
}

// show prints the variables of the innermost block.
func (g *generator) show() {
	for _, v := range g.scopes[len(g.scopes)-1] {
		if v.kind != callable {
			g.line("fmt.Println(%q, %s)", v.name, g.shown(v))
		}
	}
}

func (g *generator) shown(v variable) string {
	switch v.kind {
	case general:
		return v.name + ".m(2)"
	case pointer:
		return "*" + v.name
	}
	return v.name
}
