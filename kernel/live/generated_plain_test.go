package live_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"lockstep/kernel/live"
)

// TestGeneratedStatements runs cells of plain statements that nobody has written with the auto
// setting, which interprets them over compiled code, and compiled: output, errors and all variables have to agree.
func TestGeneratedStatements(t *testing.T) {
	cells := *count * 2 / 5
	for from := *first; from < *first+cells; from += 200 {
		statements(t, from, min(from+200, *first+cells))
	}
}

func statements(t *testing.T, from, to int) {
	auto, native := nativeNotebook(t, live.Auto), nativeNotebook(t, live.Native)
	auto.must(statementDecls)
	native.must(statementDecls)
	before, compiled := auto.units(), 0
	for i := from; i < to; i++ {
		g := &stmts{rand.New(rand.NewPCG(uint64(i), 1))}
		cell := strings.Join(g.list(6, 2), "\n")
		got, want := outcome(t, auto, cell), outcome(t, native, cell)
		if got != want {
			t.Fatalf("cell %d\n%s\n\ngot\n%s\n\nwant\n%s", i, cell, got, want)
		}
		if after := auto.units(); after != before {
			before = after
			compiled++
		}
	}
	t.Logf("%d of %d cells were compiled", compiled, to-from)
	if compiled > (to-from)/5+1 {
		t.Errorf("%d of %d cells were compiled: they test too little", compiled, to-from)
	}
}

var anyFault = regexp.MustCompile(`^runtime error: .*`)

// outcome is what a cell prints and comes to, and the variables afterwards.
func outcome(t *testing.T, n *notebook, cell string) string {
	t.Helper()
	value, out, err := n.run(t.Context(), cell)
	fault := ""
	if err != nil {
		// Of several faults of one statement Go leaves open which is met first.
		fault = err.Name + ": " + anyFault.ReplaceAllString(err.Value, "runtime error")
	}
	_, state, err := n.run(t.Context(), "dump()")
	if err != nil {
		t.Fatalf("after\n%s\n%v", cell, err)
	}
	return fmt.Sprintf("output %s\nvalue %s\nerror %s\n%s", out, value, fault, state)
}

const statementDecls = `
type inner struct { N int; name string }
type rec struct { X int; y float64; In inner; to *inner; tags []string }
func (r rec) Sum() int { return r.X + r.In.N + len(r.tags) }
func (r *rec) Add(n int) int { r.X += n; return r.X }
func (n inner) label() string { return n.name + "!" }
func twice(n int) int { return n * 2 }
func parse(s string) (int, error) { return strconv.Atoi(s) }
var (
	i, j = 3, -2
	u uint8 = 250
	f = 1.5
	s, w = "a b", "12"
	b bool
	xs, ys = []int{1, 2, 3}, []int{4}
	ss = []string{"x"}
	m = map[string]int{"a": 1}
	r, q = rec{X: 1}, rec{X: 2, to: &inner{5, "five"}, tags: []string{"t"}}
	rp = &r
	ip *inner
	rs = []rec{{X: 7}, {y: 0.5}}
	mr = map[string]rec{"a": {X: 9}}
	d = time.Second
	err error
)
func dump() {
	show := func(r rec) string {
		to := "nil"
		if r.to != nil { to = fmt.Sprint(*r.to) }
		return fmt.Sprint(r.X, r.y, r.In, to, r.tags)
	}
	fmt.Println(i, j, u, f, s, w, b, d, err)
	fmt.Println(xs, cap(xs), xs == nil, ys, cap(ys), ss, m)
	fmt.Println(show(r), show(q), rp == &r, rp == &q)
	if rp != nil { fmt.Println(show(*rp)) }
	if ip != nil { fmt.Println(*ip, ip == &r.In) }
	for _, x := range rs { fmt.Println(show(x)) }
	for _, k := range slices.Sorted(maps.Keys(mr)) { fmt.Println(k, show(mr[k])) }
}`

// stmts writes statements at random.
type stmts struct{ *rand.Rand }

func (g *stmts) of(all ...string) string { return all[g.IntN(len(all))] }

func (g *stmts) list(n, depth int) (list []string) {
	for range 1 + g.IntN(n) {
		list = append(list, g.stmt(depth))
	}
	return list
}

// types that places and expressions have.
var kinds = []string{"int", "int", "uint8", "float64", "string", "bool", "[]int", "[]string", "rec", "inner", "*rec", "*inner", "time.Duration"}

func (g *stmts) stmt(depth int) string {
	switch g.IntN(14) {
	case 0:
		return g.place("int") + g.of("++", "--")
	case 1:
		return g.place("int") + g.of(" += ", " -= ", " *= ", " /= ", " |= ", " &^= ") + g.expr("int", 2)
	case 2:
		return g.place("string") + " += " + g.expr("string", 2)
	case 3:
		return fmt.Sprintf("i, err = parse(%s)", g.expr("string", 1))
	case 4:
		return fmt.Sprintf("%s = rp.Add(%s)", g.of("i", "j", "_", "q.X"), g.expr("int", 1))
	case 5:
		return fmt.Sprintf("xs = append(xs, %s, %s)", g.expr("int", 1), g.expr("int", 1))
	case 6:
		return g.of(fmt.Sprintf("m[%s] = %s", g.expr("string", 1), g.expr("int", 2)), fmt.Sprintf("delete(m, %s)", g.expr("string", 1)), fmt.Sprintf("mr[%s] = %s", g.expr("string", 0), g.expr("rec", 1)))
	case 7:
		return fmt.Sprintf("fmt.Println(%s, %s)", g.expr(g.of(kinds[:8]...), 2), g.expr(g.of(kinds[:8]...), 2))
	case 8:
		a, b := g.of(kinds[:6]...), g.of(kinds[:6]...)
		return fmt.Sprintf("%s, %s = %s, %s", g.place(a), g.place(b), g.expr(a, 1), g.expr(b, 1))
	case 9:
		if depth > 0 {
			return "if " + g.expr("bool", 2) + " {\n" + strings.Join(g.list(2, depth-1), "\n") + "\n} else {\n" + strings.Join(g.list(2, depth-1), "\n") + "\n}"
		}
	case 10:
		return g.of("rs = append(rs, "+g.expr("rec", 1)+")", "ss = append(ss, "+g.expr("string", 1)+")", "copy(xs, ys)", "ip = nil", "err = nil", "ys = nil")
	}
	k := g.of(kinds...)
	return g.place(k) + " = " + g.expr(k, 2)
}

func (g *stmts) index() string { return g.of("0", "0", "1", "i", "len(xs)-1", "j+2") }

func (g *stmts) place(kind string) string {
	switch kind {
	case "int":
		return g.of("i", "j", "r.X", "q.In.N", "rp.X", "xs["+g.index()+"]", "rs["+g.index()+"].X", "ip.N", "q.to.N", `m["a"]`)
	case "uint8":
		return "u"
	case "float64":
		return g.of("f", "r.y", "rp.y", "rs["+g.index()+"].y")
	case "string":
		return g.of("s", "w", "r.In.name", "ip.name", "ss["+g.index()+"]", "rs[0].In.name")
	case "bool":
		return "b"
	case "[]int":
		return g.of("xs", "ys")
	case "[]string":
		return g.of("ss", "q.tags", "rp.tags")
	case "rec":
		return g.of("r", "q", "*rp", "rs["+g.index()+"]")
	case "inner":
		return g.of("r.In", "*ip", "*q.to", "rs[0].In")
	case "*rec":
		return "rp"
	case "*inner":
		return g.of("ip", "r.to", "rp.to")
	}
	return "d"
}

// expr writes an expression without effects, since Go leaves the order open in which those of a statement are had.
func (g *stmts) expr(kind string, depth int) string {
	if depth == 0 {
		return g.leaf(kind)
	}
	sub := func(kind string) string { return g.expr(kind, depth-1) }
	two := func(kind string, ops ...string) string { return "(" + sub(kind) + g.of(ops...) + sub(kind) + ")" }
	switch kind {
	case "int":
		return g.of(g.leaf(kind), two(kind, "+", "-", "*", "/", "%", "&", "|", "^"), "twice("+sub(kind)+")", "int("+sub("uint8")+")", "len("+sub("string")+")", "len("+sub("[]int")+")", "-"+sub(kind), "strings.Index("+sub("string")+", "+sub("string")+")", sub("rec")+".X", sub("[]int")+"["+g.index()+"]")
	case "uint8":
		return g.of("u", two(kind, "+", "-", "*", "^"), "uint8("+sub("int")+")")
	case "float64":
		return g.of(g.leaf(kind), two(kind, "+", "-", "*", "/"), "float64("+sub("int")+")", "math.Abs("+sub(kind)+")", sub("time.Duration")+".Seconds()")
	case "string":
		return g.of(g.leaf(kind), two(kind, "+"), "strings.ToUpper("+sub(kind)+")", "strconv.Itoa("+sub("int")+")", "s["+g.of("", "0", "1")+":"+g.of("", "len(s)", "2")+"]", "fmt.Sprint("+sub("int")+", "+sub("bool")+")", "string([]byte("+sub(kind)+"))", `fmt.Sprintf("%v %v", r.In, `+sub("float64")+")", sub("[]string")+"["+g.index()+"]", sub("inner")+".name")
	case "bool":
		return g.of("b", "("+sub("int")+g.of(" < ", " == ", " >= ", " != ")+sub("int")+")", "("+sub("string")+g.of(" < ", " == ")+sub("string")+")", two(kind, " && ", " || "), "!"+sub(kind), g.of("rp", "ip", "err", "ys", "q.to")+g.of(" == nil", " != nil"), "strings.Contains("+sub("string")+", "+sub("string")+")")
	case "[]int":
		return g.of(g.leaf(kind), "xs["+g.of("", "0", "1")+":"+g.of("", "len(xs)", "2")+"]", "[]int{"+sub("int")+", "+sub("int")+"}", "make([]int, 2, 5)")
	case "[]string":
		return g.of(g.leaf(kind), "strings.Fields("+sub("string")+")", "[]string{"+sub("string")+"}")
	case "rec":
		return g.of(g.leaf(kind), "rec{X: "+sub("int")+", y: "+sub("float64")+"}", "rec{In: "+sub("inner")+", to: "+sub("*inner")+"}", `mr["a"]`)
	case "inner":
		return g.of(g.leaf(kind), "inner{"+sub("int")+", "+sub("string")+"}")
	case "*rec":
		return g.of(g.leaf(kind), "&rec{tags: "+sub("[]string")+"}")
	case "*inner":
		return g.of(g.leaf(kind), "&inner{N: "+sub("int")+"}", "new(inner)")
	}
	return g.of(g.leaf(kind), "time.Duration("+sub("int")+")*time.Millisecond", two(kind, "+", "-"), sub(kind)+"/2")
}

func (g *stmts) leaf(kind string) string {
	switch kind {
	case "int":
		return g.of("0", "1", "7", "i", "j", "len(s)", "cap(xs)", "r.X", "q.In.N", "rp.X", "xs["+g.index()+"]", "rs["+g.index()+"].X", "ip.N", "r.Sum()", "rp.Sum()", `m["a"]`, "len(m)")
	case "float64":
		return g.of("f", "0.5", "r.y", "rp.y", "rs["+g.index()+"].y")
	case "string":
		return g.of("s", "w", `"é"`, `"7"`, "r.In.name", "q.to.name", "ss["+g.index()+"]", "r.In.label()", "ip.label()")
	case "bool":
		return g.of("b", "true")
	case "*rec":
		return g.of("rp", "&r", "&q", "&rs["+g.index()+"]")
	case "*inner":
		return g.of("ip", "r.to", "&r.In", "&rs[0].In")
	case "time.Duration":
		return g.of("d", "time.Minute", "2*time.Second")
	}
	return g.place(kind)
}
