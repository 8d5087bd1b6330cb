package live_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/live"
	"lockstep/kernel/native"
)

// engineVariable has the tests of cells run with another engine than interp:
// native or auto. ./check runs them with each.
const engineVariable = "LOCKSTEP_TEST_ENGINE"

// nativeNotebook is a session of the native engine.
func nativeNotebook(t testing.TB, engine string) *notebook {
	return nativeNotebookWith(t, live.Options{Engine: engine})
}

func nativeNotebookWith(t testing.TB, opt live.Options) *notebook {
	t.Helper()
	opt.Argv, opt.Native = []string{"/bin/false"}, func(ctx context.Context) (*native.Toolchain, error) {
		tools, err := native.Find(ctx, native.Options{Source: os.DirFS("../..")})
		if err == nil {
			err = tools.Prepare(ctx, func(string) {})
		}
		return tools, err
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	opt.Node, opt.Version = []string{exe, "node-role"}, "of the tests"
	s := live.New(opt)
	t.Cleanup(func() { _ = s.Close() })
	return &notebook{t: t, s: s}
}

// TestMissingNative has a session that cannot get the engine it was to have: it says so, and which one serves.
func TestMissingNative(t *testing.T) {
	for _, engine := range []string{live.Native, live.Auto} {
		t.Run(engine, func(t *testing.T) {
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			s := live.New(live.Options{
				Argv: []string{exe, "session-role"}, Engine: engine,
				Native: func(context.Context) (*native.Toolchain, error) { return nil, errors.New("no toolchain today") },
			})
			t.Cleanup(func() { _ = s.Close() })
			out := &recorder{}
			if r := s.Execute(t.Context(), lang.Request{Code: "%engine", Count: 1}, out); r.Err != nil {
				t.Fatal(r.Err)
			}
			if len(out.shown) != 1 {
				t.Fatalf("%%engine shows %v, want a table", out.shown)
			}
			table, _ := out.shown[0].Bundle.Data[display.MIMEText].(string)
			for _, want := range []string{`(?m)^interp +in use `, `(?m)^native +not here .*no toolchain today`, `(?m)^auto +not here `} {
				if !regexp.MustCompile(want).MatchString(table) {
					t.Errorf("%%engine shows\n%s\nwant %s", table, want)
				}
			}
			if told := strings.Contains(out.String(), "note: the native engine is not available"); told != (engine == live.Native) {
				t.Errorf("the cell was told: %v, with %s", told, engine)
			}
			r := s.Execute(t.Context(), lang.Request{Code: "%engine native", Count: 2}, out)
			if r.Err == nil || !strings.Contains(r.Err.Value, "no toolchain today") {
				t.Errorf("%%engine native: got %v", r.Err)
			}
		})
	}
}

// TestCompiledCells holds what concerns only the native engine: names that
// units must reach across packages, functions and methods that are exchanged, and values that survive it.
func TestCompiledCells(t *testing.T) {
	tests := []struct{ name, cells, want string }{
		{"unexported field of an earlier cell", "type p struct{ x, y int }\n---\nv := p{y: 2}\n---\nv.x = 5\nw := &v\nw.y++\n---\nv.x*10 + v.y", "53"},
		{"field of a call's result", "type p struct{ x, y int }\nfunc mk() p { return p{1, 2} }\n---\nmk().y", "2"},
		{"literals of an earlier type", "type p struct{ x, y int }\n---\nfunc f() int { a := p{1, 2}; b := &p{y: 3}; c := []p{{4, 5}}; d := []*p{{6, 7}}; e := map[p]int{{8, 9}: 10}; return a.x + b.y + c[0].y + d[0].x + e[p{8, 9}] }\n---\nf()", "25"},
		{"embedded", "type base struct{ n int }\nfunc (b *base) inc() { b.n++ }\n---\ntype outer struct { base; *inner }\ntype inner struct{ k string }\n---\nvar o outer\no.inner = &inner{k: \"k\"}\no.inc()\n---\nfunc show(o outer) string { return fmt.Sprint(o.n, o.k, o.base.n) }\n---\nshow(o)", `"1k1"`},
		{"interface with an unexported method", "type shape interface { area() float64 }\n---\ntype sq struct{ s float64 }\nfunc (q sq) area() float64 { return q.s * q.s }\n---\nvar s shape = sq{3}\n---\ns.area()", "9"},
		{"exchanged function", "func f() int { return 1 }\nfunc g() int { return f() * 10 }\n---\nx := g()\n---\nfunc f() int { return 2 }\n---\nx + g()", "30"},
		{"exchanged function keeps values", "type p struct{ x int }\nfunc f() int { return 1 }\nfunc (q p) m() int { return f() + q.x }\n---\nvar i any = p{10}\n---\nfunc f() int { return 2 }\n---\ni.(p).m()", "12"},
		{"exchanged method", "type p struct{ x int }\nfunc (q p) m(k int) int { return q.x + k }\n---\nvar i any = p{10}\nh := i.(p)\n---\nfunc (q p) m(k int) int { return q.x * k }\n---\ni.(p).m(5) + h.m(2)", "70"},
		{"exchanged method without names", "type p struct{ x int }\nfunc (p) m(int, string) string { return \"a\" }\n---\nvar v p\n---\nfunc (p) m(int, string) string { return \"b\" }\n---\nv.m(1, \"\")", `"b"`},
		{"changed signature", "func f() int { return 1 }\nfunc g() string { return fmt.Sprint(f()) }\n---\nfunc f() string { return \"s\" }\n---\ng()", `"s"`},
		{"changed type is carried over", "type p struct{ x int }\n---\nv := p{7}\n---\nfunc (q p) twice() int { return q.x * 2 }\n---\nv.twice()", "14"},
		{"back to an earlier text", "func f() int { return 1 }\n---\nfunc f() int { return 2 }\n---\nfunc f() int { return 1 }\n---\nf()", "1"},
		{"generic of an earlier cell", "type stack[T any] struct{ xs []T }\nfunc (s *stack[T]) push(x T) { s.xs = append(s.xs, x) }\nfunc size[T any](s *stack[T]) int { return len(s.xs) }\n---\nvar s stack[string]\ns.push(\"a\")\n---\nsize(&s) + len(s.xs)", "2"},
		{"embedded generic", "type box[T any] struct{ v T }\n---\ntype two struct { box[int]; s string }\n---\nt := two{box[int]{3}, \"x\"}\nt.v + t.box.v", "6"},
		{"constraint of an earlier cell", "type number interface{ ~int | ~float64 }\n---\nfunc sum[T number](xs ...T) (t T) { for _, x := range xs { t += x }; return }\n---\nsum(1.5, 2.5)", "4"},
		{"variables called as packages", "url, err := url.Parse(\"http://x/y\")\npath := func() string { return path.Join(\"a\", \"b\") }\n---\nfunc f() string { return path() }\n---\nf() + url.Path", `"a/b/y"`},
		{"constants", "const ( a = iota; b; c )\n---\nconst d = c * 10\n---\nx := [d]int{}\nlen(x) + b", "21"},
		{"typed constants", "type day int\nconst ( mon day = iota; tue )\nfunc (d day) String() string { return [...]string{\"mon\", \"tue\"}[d] }\n---\nfmt.Sprintf(\"%v %T\", tue, tue)", `"tue main.day"`},
		{"anonymous struct variable", "v := struct{ a int; B string }{1, \"x\"}\n---\nv.a++\nv.B += \"y\"\n---\nfmt.Sprint(v.a, v.B)", `"2xy"`},
		{"converted structs", "type a struct{ x int }\n---\ntype b struct{ x int }\n---\nb(a{3}).x", "3"},
		{"local variable hides a type", "type node struct{ n int }\n---\nfunc f(c chan node) (int, bool) { node := node{1}; c <- node; v, ok := <-c; return v.n, ok }\n---\nf(make(chan node, 1))", "1, true"},
		{"unused variables", "func f() int { a := 1; var b, c int = 2, 3; for i, x := range []int{1} { d := x }; if e := 1; true { g := 2 }; return c }\n---\nf()", "3"},
		{"unused of a type switch", "func f(x any) string { switch v := x.(type) { case int: return \"int\" }; return \"?\" }\n---\nf(1)", `"int"`},
		{"unused of a switch", "func f(k int) int { switch x := 1; k { case 1: x = 2; return 1; default: return 2 } }\n---\nf(1)", "1"},
		{"range over a channel", "func f() (n int) { c := make(chan int, 3); c <- 1; c <- 2; close(c); for x := range c { x := x; n += x }; var y int; for y = range c { n += y }; return }\n---\nf()", "3"},
		{"labels", "func f() (n int) { c := make(chan int, 9); for i := range 9 { c <- i }; close(c)\nouter:\n\tfor x := range c { for { if x == 5 { break outer }; n += x; continue outer } }\n\treturn }\n---\nf()", "10"},
		{"select ends a function", "func f(c chan int) int { select { case x := <-c: return x } }\n---\nc := make(chan int, 1)\nc <- 4\nf(c)", "4"},
		{"go with arguments", "func f(c chan<- any, x any, fs ...float64) { c <- fmt.Sprint(x, fs) }\n---\nc := make(chan any)\ngo f(c, \"a\", 1, 2)\n<-c", `"a[1 2]"`},
		{"iterators", "func upto(n int) iter.Seq[int] { return func(yield func(int) bool) { for i := range n { if !yield(i) { return } } } }\n---\ns := 0\nfor i := range upto(5) { if i == 3 { break }; s += i }\ns", "3"},
		{"method value and expression", "type p struct{ x int }\nfunc (q p) get() int { return q.x }\n---\nv := p{4}\nf := v.get\ng := p.get\n---\nf() + g(p{3})", "7"},
		{"redefined from itself", "x := 3\n---\nx := fmt.Sprint(x, \"!\")\n---\nx", `"3!"`},
		{"variable of a function type", "f := func(i int) int { return i + 1 }\n---\nf(2)", "3"},
		{"alias", "type p struct{ x int }\ntype q = p\n---\nvar v q = p{1}\nv.x", "1"},
		{"stderr", "fmt.Fprintln(os.Stderr, \"e\"); println(1, \"b\"); log.SetFlags(0); log.Print(\"l\")", "«e\n1 b\nl\n»"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkCells(t, nativeNotebook(t, live.Native), tt.cells, tt.want)
		})
	}
}

var unitCount = regexp.MustCompile(`\d+ units?|no units`)

// units tells how many units the session has loaded, which shows whether a cell was compiled.
func (n *notebook) units() string {
	n.t.Helper()
	_, out, err := n.run(n.t.Context(), "%engine")
	if err != nil {
		n.t.Fatal(err)
	}
	return unitCount.FindString(out)
}

// TestPlainCells holds what the auto setting interprets over compiled code. That it did not compile
// them shows in the number of loaded units.
func TestPlainCells(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	run := func(code, want string) {
		t.Helper()
		value, out, err := n.run(t.Context(), code)
		if err != nil {
			t.Fatalf("%q: %v\n%s", code, err, strings.Join(err.Traceback, "\n"))
		}
		if out != "" {
			value += "«" + out + "»"
		}
		if value != want {
			t.Errorf("%q: got %s, want %s", code, value, want)
		}
	}
	run("type p struct{ X, y int }\nfunc (q *p) Inc() { q.X++ }\nfunc (q p) sum() int { return q.X + q.y }\nfunc f(n int) int { return n * 2 }\nvar three [3]int\ntype list struct { next *list; n int }\nvar nested struct { list; *p }\nnested.next = &list{n: 1}", "")
	before := n.units()
	for _, c := range []struct{ code, want string }{
		{"6 * 7", "42"}, {"x := 1", ""}, {"x", "1"}, {"x + 1", "2"}, {"fmt.Println(x, 2.5)", "«1 2.5\n»"},
		{"f(20) + x", "41"}, {"var a p", ""}, {"a.Inc()\na", "p{X: 1, y: 0}"}, {"a.X += 5", ""}, {"a.sum()", "6"},
		{`v, err := strconv.Atoi("5x")`, ""}, {"err.Error()", `"strconv.Atoi: parsing \"5x\": invalid syntax"`}, {"xs := []int{1, 2}", ""}, {"xs = append(xs, 3)", ""},
		{"xs[1]++", ""}, {"xs", "[]int{1, 3, 3}"}, {"m := map[string]int{}", ""}, {`m["a"]++`, ""}, {"m", `map[string]int{"a": 1}`},
		{`strings.ToUpper("abc")`, `"ABC"`}, {"t0 := time.Now()", ""}, {"time.Since(t0) < time.Hour", "true"}, {"y, z := f(3), x", ""}, {"y + z", "7"},
		{"x := float64(x) / 4", ""}, {"x", "0.25"},
		{"pool := lab.NewPool(1)", ""}, {"pool.Apply(f, 4)", "8"}, {"w, failed := pool.Map(f, xs)", ""}, {"failed", "nil"}, {"w", "[]int{2, 6, 6}"}, {"w2 := w", ""}, {"w = w2", ""}, {"var w3 any", ""}, {"w3 = w", ""}, {"w3", "[]int{2, 6, 6}"}, {"pool.Close()", ""},
		{"xs[1:]", "[]int{3, 3}"}, {"xs[:2]", "[]int{1, 3}"}, {"ys := xs[1:2]\nys[0] = 8\nxs", "[]int{1, 8, 3}"}, {"cap(ys)", "3"}, {"ys = append(ys, 9)\nxs[2]", "9"},
		{`s := "héllo"`, ""}, {"s[1:3]", `"é"`}, {"s[3:] + s[:1]", `"lloh"`}, {"[]byte(s[:2])", "[]byte{0x68, 0xc3}"}, {"bs := []byte(s)\nstring(bs)", `"héllo"`},
		{"var q *p", ""}, {"q == nil", "true"}, {"nil != q", "false"}, {"err != nil", "true"}, {"q = &a", ""}, {"q == nil", "false"},
		{"q.X++\nq.X", "7"}, {"q.sum() + a.sum()", "14"},
		{"time.Now().Year() > 2000", "true"}, {"big.NewInt(6).Int64()", "6"}, {"big.NewInt(6).Cmp(big.NewInt(7))", "-1"},
		{`e := errors.New("no")`, ""}, {"e.Error()", `"no"`},
		{`n, has := m["a"]`, ""}, {"n, has = m[\"b\"]\nfmt.Println(n, has)", "«0 false\n»"}, {"n, has = m[\"a\"]\nfmt.Println(n, has)", "«1 true\n»"},
		{"*q", "p{X: 7, y: 0}"}, {"q2 := *q\nq2.X++", ""}, {"q.X*10 + q2.X", "78"}, {"*q = q2\na", "p{X: 8, y: 0}"}, {"k := 3\npk := &k\n*pk += 4\nk", "7"}, {"*pk * 2", "14"}, {"(*q).X", "8"},
		{"if k > 6 {\n\tfmt.Print(\"more\")\n}", "«more»"}, {"if err == nil || k < 0 {\n\tk = 1\n} else if k == 7 && has {\n\tk++\n\tfmt.Print(k)\n} else {\n\tk = 2\n}\nk", "8«8»"},
		{"data, err := json.Marshal(a)\nstring(data)", `"{\"X\":8}"`}, {"err = json.Unmarshal([]byte(`{\"X\": 9}`), &a)\na.X", "9"}, {"err == nil", "true"}, {"err = json.Unmarshal(data, a)\nerr.Error()", `"json: Unmarshal(non-pointer main.p)"`},
		{"data, err = json.Marshal(q)\nstring(data)", `"{\"X\":9}"`}, {"data, err = json.MarshalIndent(m, \"\", \" \")\nstring(data)", `"{\n \"a\": 1\n}"`},
		{"b := p{1, 2}\nb", "p{X: 1, y: 2}"}, {"&p{y: 3}", "&p{X: 0, y: 3}"},
		{"mk := make([]int, 2, k)\nmk[1] = 4\nmk", "[]int{0, 4}"}, {"cap(mk)", "8"}, {"mp := make(map[string][]p)\nmp[\"a\"] = append(mp[\"a\"], b)\nlen(mp[\"a\"])", "1"}, {"np := new(p)\nnp.y = 2\n*np", "p{X: 0, y: 2}"}, {"copy(mk, xs)", "2"}, {"mk", "[]int{1, 8}"},
		{"d := 3 * time.Second\nd * 2", "6s"}, {"d + time.Second", "4s"}, {"-d", "-3s"}, {"time.Duration(k) * time.Millisecond", "8ms"}, {"float64(d) / float64(time.Second)", "3"}, {"d / time.Millisecond", "3µs"}, {"d += time.Second\nd", "4s"},
		{"dir, err := os.MkdirTemp(\"\", \"plain\")\nfile := filepath.Join(dir, \"f\")", ""}, {"err = os.WriteFile(file, []byte(\"text\"), 0o600)\nerr == nil", "true"}, {"data, err = os.ReadFile(file)\nstring(data)", `"text"`}, {"err = os.Remove(file)\nif err == nil { fmt.Print(\"gone\") }", "«gone»"},
		{"_, err = os.Stat(file)\nos.IsNotExist(err)", "true"}, {"os.RemoveAll(dir)", "nil"}, {"os.ReadFile(\"/dev/null\")", "[]byte{}"}, {"errors.Is(err, fs.ErrNotExist)", "true"}, {"errors.Is(err, io.EOF)", "false"}, {"e2 := fmt.Errorf(\"no: %w\", err)\nerrors.Is(e2, err)", "true"},
		{"strings.Fields(\" a b \")[1]", `"b"`}, {"strings.Repeat(\"x\", 3)[2]", "120"}, {"[]p{{1, 2}}[0]", "p{X: 1, y: 2}"},
		{"qs := []p{{1, 2}, {3, 4}}", ""}, {"qs[1].y + qs[0].y", "6"}, {"qs[0].X = 9\nqs[0].y++\nqs[1].Inc()\nqs", "[]p{{X: 9, y: 3}, {X: 4, y: 4}}"}, {"qs[k-7].sum()", "8"}, {"qs = append(qs, p{y: 7})\nqs[2].y", "7"},
		{"rows := [][]int{{1}, {2, 3}}\nrows[1][0] = 7\nrows[1][1] *= 2\nrows", "[][]int{{1}, {7, 6}}"}, {"three[1] = 5\nthree", "[3]int{0, 5, 0}"}, {"b = p{y: 5}\nb.sum()", "5"}, {"pb := &p{X: k, y: 1}\npb.Inc()\n*pb", "p{X: 9, y: 1}"}, {"ps := []p{{1, 2}, b, {X: 3}}\nps[2].X + len(ps)", "6"},
		{"pp := []*p{{1, 2}, pb, &b}\nlen(pp)", "3"}, {`byName := map[string]p{"a": {1, 2}, "b": b}`, ""}, {"byName", `map[string]p{"a": {X: 1, y: 2}, "b": {X: 0, y: 5}}`},
		{"(&p{X: 2}).X", "2"}, {"fmt.Println(p{1, 2}, []p{})", "«{1 2} []\n»"},
		{"time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC).Sub(time.Time{}) > 0", "true"}, {"at := url.URL{Scheme: \"http\", Host: \"x\"}\nat.String()", `"http://x"`},
		{"var l list", ""}, {"l = list{next: &list{n: 1, next: nil}, n: 2}\nl.next.n", "1"},
		{"nested.p = pb\nnested.p.Inc()\nnested.p.sum() - nested.X", "1"}, {"l.n", "2"}, {"l.next.n += 5\nl.n++\nl.next.n*10 + l.n", "63"}, {"l.next.next == nil", "true"}, {"ln := &l.n\n*ln *= 2\nl.n", "6"}, {"l.n = 3", ""}, {"fmt.Print(l.next.n)\nlq0 := lab.NewQueue(2)\nlq0.Put(l.n)\nlq0.Len()", "1«6»"},
		{"m2 := m\nm2 = nil\nlen(m2)", "0"}, {"ps = nil\nlen(ps)", "0"}, {"err = errors.New(\"x\")\nerr = nil\nerr == nil", "true"}, {"fmt.Println(err)", "«<nil>\n»"}, {"l.next.next = &l\nl.next.next.next.n", "6"}, {"nested.list.n = 4\nnested.n + nested.next.n", "5"},
		{"lq := lab.NewQueue(3)", ""}, {"lq.Put(a)", ""}, {"lq.Put(k)\nlq.Len()", "2"},
	} {
		run(c.code, c.want)
		if after := n.units(); after != before {
			t.Errorf("%q: compiled, %s", c.code, after)
			before = after
		}
	}
	for _, c := range []struct{ code, want string }{
		{"xs[3]", "runtime error: index out of range [3] with length 3"}, {"i := -1\nxs[i]++", "runtime error: index out of range [-1]"},
		{"three[i+4]", "runtime error: index out of range [3] with length 3"}, {"s[i+8]", "runtime error: index out of range [7] with length 6"},
		{"xs[1:9]", "runtime error: slice bounds out of range [:9] with capacity 4"}, {"xs[2:x2]", "runtime error: slice bounds out of range [2:1]"},
		{"s[9:]", "runtime error: slice bounds out of range [9:6]"}, {"s[2:9]", "runtime error: slice bounds out of range [:9] with length 6"}, {"var none *p\nnone.X", "runtime error: invalid memory address or nil pointer dereference"},
		{"l.next = nil\nl.next.n", "runtime error: invalid memory address or nil pointer dereference"}, {"nested.p = nil\nnested.p.sum()", "runtime error: invalid memory address or nil pointer dereference"}, {"data, err = os.ReadFile([]string{file}[k-7])", "runtime error: index out of range [1] with length 1"}, {"strings.Fields(\" a b \")[i+3]", "runtime error: index out of range [2] with length 2"}, {"strings.Repeat(\"x\", 3)[i+4]", "runtime error: index out of range [3] with length 3"}, {"qs[3].y", "runtime error: index out of range [3] with length 3"}, {"rows[1][i+9] = 1", "runtime error: index out of range [8] with length 2"}, {"make([]int, i)", "runtime error: makeslice: len out of range"}, {"make([]int, 1, i+1)", "runtime error: makeslice: cap out of range"}, {"none.sum()", "runtime error: invalid memory address or nil pointer dereference"}, {"l.next.n = 3", "runtime error: invalid memory address or nil pointer dereference"},
		{"*none", "runtime error: invalid memory address or nil pointer dereference"}, {"*none = a", "runtime error: invalid memory address or nil pointer dereference"},
	} {
		_, _, err := n.run(t.Context(), strings.Replace(c.code, "xs[2:x2]", "x2 := 1\nxs[2:x2]", 1))
		if err == nil || err.Value != c.want {
			t.Errorf("%q: got %v, want %s", c.code, err, c.want)
		}
	}
	if after := n.units(); after != before || before == "" {
		t.Errorf("units loaded: %q before the plain cells, %q after", before, after)
	}
	run("all := w.([]int)\nall[2] + w2.([]int)[0] + w3.([]int)[0]", "10")
	run("func holder() *hold { return &hold{M: map[string]int{}, L: []p{{1, 2}}} }\ntype hold struct { M map[string]int; L []p }\ndouble := func(i int) (int, error) { return 2 * i, nil }\nvar typed *fail\ntype fail struct{}\nfunc (*fail) Error() string { return \"\" }\nvar inside error = typed", "")
	before = n.units()
	for _, c := range []struct{ code, want string }{
		{"h := holder()", ""}, {`h.M["a"] = 3`, ""}, {`h.M["a"]++`, ""}, {"h.M", `map[string]int{"a": 4}`}, {"h.L[0].X", "1"}, {"h.L[0:1]", "[]p{{X: 1, y: 2}}"},
		{"double(4)", "8"}, {"r, err := double(5)", ""}, {"r", "10"}, {"inside == nil", "false"}, {"typed == nil", "true"}, {"err == nil", "true"},
	} {
		run(c.code, c.want)
		if after := n.units(); after != before {
			t.Errorf("%q: compiled, %s", c.code, after)
			before = after
		}
	}
	run("local := 1\nif local > 0 {\n\tvar local = 2\n\tlocal++\n\tfmt.Print(local)\n}\nlocal", "1«3»")
	run("if local > 0 {\n\tlocal := 5\n\tlocal++\n}\nlocal", "1")
	run("err = strconv.ErrRange.(error)", "")
	run("_, err = strconv.Atoi(\"x\")\n_, ok := err.(*strconv.NumError)\nok", "true") // compiled code finds the values as Go has them
}

// TestPrograms holds what whole programs may do that cells may not.
func TestPrograms(t *testing.T) {
	n := nativeNotebook(t, live.Native)
	tests := []struct{ name, code, want string }{
		{"twice", "package main\nvar n int\nvar m = map[int]int{1: 2}\nfunc main() { n++; m[1]++; println(n, m[1]) }", "«1 3\n»"},
		{"dot import", "package main\nimport . \"strings\"\nfunc main() { println(ToUpper(\"a\") + Repeat(\"b\", 2)) }", "«Abb\n»"},
		{"blank methods", "package main\ntype T struct{}\nfunc (T) _() {}\nfunc (T) _() {}\nfunc main() { println(1) }", "«1\n»"},
		{"Goexit of main", "package main\nimport (\"os\"; \"runtime\")\nfunc main() { go func() { println(\"bye\"); os.Exit(0) }(); runtime.Goexit() }", "«bye\n»"},
		{"GOROOT", "package main\nimport \"runtime\"\nfunc main() { println(runtime.GOROOT() != \"\") }", "«true\n»"},
		{"a library exits", "package main\nimport \"testing\"\nfunc main() { testing.Main(func(a, b string) (bool, error) { return true, nil }, []testing.InternalTest{{\"T\", func(*testing.T) {}}}, nil, nil) }", "«PASS\n»"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkCells(t, n, tt.code, tt.want)
			checkCells(t, n, tt.code, tt.want)
		})
	}
}

// TestEngineOfOneRun has a workload run by another engine than the session's, which
// gets its variables by value and leaves the session as it is.
func TestEngineOfOneRun(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	checkCells(t, n, "type p struct{ x int }\nfunc (q p) twice() int { return q.x * 2 }\nfunc f(q p) int { return q.twice() + 1 }\nv := p{20}\nxs := []int{1}", "")
	for _, engine := range []string{"interp", "native"} {
		r := n.compare(t, "%%compare -n 2 -r 1 --modes simple,goroutines,subprocess --engine "+engine+"\nxs = append(xs, worker)\nf(v) + len(xs)")
		if r.Engine != engine {
			t.Errorf("engine: got %q, want %q", r.Engine, engine)
		}
		if got := r.Runs[0].Outcomes[0].Result; !strings.HasPrefix(got, "4") {
			t.Errorf("%s: result %s", engine, got)
		}
	}
	checkCells(t, n, "v.x = 1\nf(v)", "3")
}

// TestCallers has a panic tell the way to it: through cells, closures, functions of libraries and recursions.
func TestCallers(t *testing.T) {
	at := func(what string, places ...string) string {
		var text strings.Builder
		for _, p := range places {
			fmt.Fprintf(&text, "%s cell %s; ", what, p)
			what = "called at"
		}
		return text.String()
	}
	for _, engine := range []string{live.Native, live.Auto} {
		t.Run(engine, func(t *testing.T) {
			n := nativeNotebook(t, engine)
			n.must("func down(n int) int {\n\tif n == 0 {\n\t\tpanic(\"deep\")\n\t}\n\treturn down(n-1) + 1\n}")
			n.must("func even(n int) { if n > 0 { odd(n-1) }\ndown(n)\n}\nfunc odd(n int) {\neven(n-1)\n}")
			n.must("type s struct{}\nfunc (s) each(f func(int)) {\n\tfor i := range 2 {\n\t\tf(i)\n\t}\n}\nv := s{}")
			for _, tt := range []struct{ code, want string }{
				{"down(0)", at("at", "1, line 3", "N, line 1")},
				{"x := 1\nfmt.Println(down(x))", at("at", "1, line 3", "1, line 5", "N, line 2")},
				{"down(5)", at("at", "1, line 3", "1, line 5", "N, line 1")},
				{"v.each(func(i int) {\n\tdown(i)\n})", at("at", "1, line 3", "N, line 2", "3, line 4", "N, line 1")},
				{"sort.Slice([]int{2, 1}, func(i, j int) bool {\n\tpanic(\"no\")\n})", at("at", "N, line 2", "N, line 1")},
				{"even(20)", at("at", "1, line 3", "2, line 2", "2, line 5", "2, line 1", "2, line 5", "2, line 1", "2, line 5", "2, line 1", "2, line 5") + "… and at 12 more places …; " + at("called at", "2, line 1", "N, line 1")},
			} {
				_, _, err := n.run(t.Context(), tt.code)
				if err == nil {
					t.Fatalf("%s: no error", tt.code)
				}
				var got strings.Builder
				for _, line := range err.Traceback[1:] {
					if text, ok := strings.CutPrefix(line, "\x1b[2m"); ok {
						got.WriteString(strings.TrimSuffix(text, "\x1b[0m") + "; ")
					}
				}
				if want := strings.ReplaceAll(tt.want, "cell N", fmt.Sprintf("cell %d", n.n)); got.String() != want {
					t.Errorf("%s:\n got %s\nwant %s", tt.code, got.String(), want)
				}
			}
		})
	}
}

// TestFatalPlace has a fault that ends the process tell its line.
func TestFatalPlace(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	n.must("func count(m map[int]int) {\n\tfor {\n\t\tm[1]++\n\t}\n}")
	_, _, err := n.run(t.Context(), "m := map[int]int{}\nfor range 8 {\n\tgo count(m)\n}\ntime.Sleep(time.Minute)")
	if err == nil || err.Name != "fatal error" {
		t.Fatalf("got %v, want a fatal error", err)
	}
	if trace := strings.Join(err.Traceback, "\n"); !strings.Contains(trace, "at cell 1, line 3\x1b[0m\n    3 | \t\tm[1]++\n") {
		t.Errorf("the line is not told:\n%s", trace)
	}
}

// TestSameText has a text run in several cells: it is one unit, and its faults
// are those of the cell that ran last.
func TestSameText(t *testing.T) {
	n := nativeNotebook(t, live.Native)
	for range 3 {
		_, _, err := n.run(t.Context(), "xs := []int{1}\n\nfor i := range 2 {\n\txs[i+1]++\n}")
		want := fmt.Sprintf("at cell %d, line 4", n.n)
		if err == nil || !strings.Contains(strings.Join(err.Traceback, "\n"), want) {
			t.Fatalf("got %v %q, want %q", err, err.Traceback, want)
		}
	}
	if _, out, _ := n.run(t.Context(), "%engine"); !strings.Contains(out, "1 unit loaded") {
		t.Errorf("%%engine says %q", out)
	}
}
