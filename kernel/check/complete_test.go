package check_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"lockstep/kernel/check"
	"lockstep/kernel/check/stdtypes"
)

// All makes the test's packages a [check.Catalog].
func (packages) All() map[string]string {
	all := map[string]string{}
	for _, path := range stdtypes.Packages() {
		all[path], _ = stdtypes.Name(path)
	}
	return all
}

func (packages) Paths() []string { return stdtypes.Packages() }

// shapes is a cell that many of the tests below begin with.
const shapes = `// Point is a place.
type Point struct { X, Y int; label string }
func (p Point) Norm() float64 { return 0 }
func (p *Point) Move(dx, dy int) { }
type Named interface { Name() string; Rename(to string) }
type Circle struct { Point; *strings.Builder; Radius float64 }
type Stack[T any] struct { items []T }
func (s *Stack[T]) Push(v T) {}
func (s *Stack[T]) Pop() (v T, ok bool) { return }
func Map[T, U any](xs []T, f func(T) U) []U { return nil }
func origin() Point { return Point{} }
const Limit = 10
type Color int
const ( Red Color = iota; Green )
var p = Point{1, 2, "a"}
points := []Point{p}
byName := map[string]*Point{}
var circle Circle
var stack Stack[string]
`

// completions are texts with a | at the cursor. want lists kind:text of items
// that must be among the completions, with a ! those that must not; "-" alone wants none.
var completions = []struct{ before, text, want string }{
	// Packages and their members.
	{"", "fmt.Printl|", "function:Println !function:Printf"},
	{"", "fmt.|", "function:Println type:Stringer !function:newPrinter"},
	{"", "fmt.printl|", "function:Println"},
	{"", "fmt.Println(strings.ToU|", "function:ToUpper !function:ToLower"},
	{"", "fmt.Println(strings.ToU|)", "function:ToUpper"},
	{"", "math.P|", "constant:Pi function:Pow"},
	{"", "os.Std|", "variable:Stdout variable:Stderr"},
	{"", "import str \"strings\"\nstr.Rep|", "function:Repeat function:Replace"},
	{"import str \"strings\"", "str.Rep|", "function:Repeat"},
	{"", "rand.|", "function:IntN function:Intn"},
	{"", "rand.Intn(3)\nrand.|", "function:Intn !function:IntN !function:Prime"},
	{"import \"crypto/rand\"", "rand.|", "function:Prime !function:IntN"},
	{"", "nosuch.|", "-"},
	{"", "htt|", "package:http"},
	{"", "strin|", "package:strings type:string"},
	{"", "str|", "package:strings package:strconv type:string"},
	{"", "import \"net/h|", "package:net/http package:net/http/httptest"},
	{"", "import (\n\t\"fmt\"\n\t\"net/h|\"\n)", "package:net/http"},
	{"", "import h \"ht|\"", "package:html !package:net/http"},
	{"", "time.Now().Add(time.Sec|)", "constant:Second"},
	{"", "t := time.Now()\nt.Y|", "method:Year method:YearDay"},
	{"", "time.Now().UTC().F|", "method:Format"},
	{"", "lab.Loc|", "type:Lock"},
	// Members of session types.
	{shapes, "p.|", "field:X field:Y field:label method:Norm method:Move"},
	{shapes, "p.N|", "method:Norm !method:Move"},
	{shapes, "origin().|", "field:X method:Norm !method:Move"},
	{shapes, "(&p).|", "method:Move"},
	{shapes, "points[0].|", "field:X method:Move"},
	{shapes, "byName[\"a\"].|", "field:X method:Move"},
	{shapes, "map[string]Point{}[\"a\"].|", "field:X method:Norm !method:Move"},
	{shapes, "circle.|", "field:Radius field:Point field:X method:Norm method:Move method:WriteString field:Builder"},
	{shapes, "circle.Point.|", "field:X !field:Radius"},
	{shapes, "stack.|", "method:Push method:Pop field:items"},
	{shapes, "Point.|", "method:Norm !method:Move !field:X"},
	{shapes, "(*Point).|", "method:Norm method:Move"},
	{shapes, "var n Named\nn.|", "method:Name method:Rename"},
	{shapes, "Map(points, func(p Point) int { return p.| })", "field:X method:Norm"},
	{shapes, "Map(points, func(q Point) int { return q.|", "field:X method:Norm"},
	{shapes, "Map(points, strconv.I|", "function:Itoa"},
	{shapes, "Map[Point, string](points, nil)[0].|", "-"},
	{shapes, "strings.NewReplacer(\"a\", \"b\").\n\tRep|", "method:Replace"},
	{"x := struct{ a, B int }{}", "x.|", "field:a field:B"},
	{"var b bytes.Buffer", "b.Wri|", "method:Write method:WriteString !field:buf"},
	{"var mu sync.Mutex", "mu.|", "method:Lock method:Unlock !field:state"},
	{"errs := make(chan error, 1)", "(<-errs).|", "method:Error"},
	{"x := 1", "x.|", "-"},
	{"f := func() {}", "f().|", "-"},
	// Generic functions and type parameters.
	{"", "func show[T fmt.Stringer](v T) { v.| }", "method:String"},
	{shapes, "func first[T any](s *Stack[T]) { s.| }", "method:Push field:items"},
	{shapes, "new(Stack[in|", "type:int type:int64 !function:len"},
	// Names.
	{shapes, "|", "variable:p function:origin function:Map type:Point constant:Limit constant:Red type:int function:len keyword:for package:strings !package:net"},
	{shapes, "fmt.Println(po|", "variable:points type:Point !variable:byName"},
	{shapes, "or|", "function:origin"},
	{shapes, "x := li|", "constant:Limit package:list"},
	{"", "alpha := 1\nal|", "variable:alpha"},
	{"", "func f(count int) {\n\tcost := 1\n\tco|\n\tcolour := 2\n}", "variable:count variable:cost function:copy keyword:const !variable:colour"},
	{"", "func f(count int) {\n\tcost := 1\n\tco|", "variable:count variable:cost"},
	{"", "func() { inner := 1; func() { deeper := 2; _ = |}() }()", "variable:inner variable:deeper"},
	{"", "for index, value := range []int{1} { fmt.Println(| }", "variable:index variable:value"},
	{"", "if v, err := strconv.Atoi(\"1\"); er|", "variable:err type:error package:errors"},
	{"", "switch v := any(1).(type) {\ncase int:\n\t_ = v\ncase error:\n\tv.|\n}", "method:Error"},
	{"", "func f() (res int, err error) { re| }", "variable:res keyword:return package:regexp"},
	{shapes, "func (c *Circle) Area() float64 { return c.R|", "field:Radius"},
	{"", "x := 1\n{ y := 2 }\n_ = |", "variable:x !variable:y"},
	{"", "func a() { one := 1; on| }\nfunc b() { once := 1 }", "variable:one !variable:once"},
	{"x := 1", "x := \"s\"\nx.|", "-"},
	{"x := time.Now()", "x.Un|; x := 1", "method:Unix"},
	// Struct literals.
	{shapes, "Point{|", "field:X field:Y field:label variable:p"},
	{shapes, "Point{X: 1, |}", "field:Y field:label !field:X !variable:p"},
	{shapes, "q := &Point{\n\tX: 1,\n\tla|\n}", "field:label"},
	{shapes, "Point{X: |}", "variable:p constant:Limit !field:Y"},
	{shapes, "[]Point{{|}}", "field:X"},
	{shapes, "map[string]*Point{\"a\": {|}}", "field:X"},
	{"", "http.Server{Ad|}", "field:Addr !field:inShutdown"},
	{shapes, "Point{1, |}", "variable:p !field:Y"},
	{shapes, "Stack[int]{|}", "field:items"},
	{shapes, "type Point struct { A int }\nPoint{|}", "field:A !field:X"},
	{shapes, "type Point struct { A int }\np.|", "field:A !field:X"},
	// A whole program sees nothing of the session.
	{shapes, "package main\nimport \"fmt\"\nvar shared = 1\nfunc main() {\n\tsh|\n}", "variable:shared"},
	{shapes, "package main\nfunc main() {\n\tfmt.Println(po|)\n}", "!variable:points"},
	{shapes, "package main\nfunc main() {\n\tnow := time.Now()\n\tnow.Un|", "method:Unix"},
	// Types.
	{shapes, "var q Po|", "type:Point !variable:points"},
	{shapes, "func f(q *Po|) {}", "type:Point !variable:points"},
	{shapes, "var q []|", "type:Point type:int package:strings keyword:struct !variable:p !keyword:for"},
	{"", "var t time.D|", "type:Duration !function:Date"},
	{"", "make(chan stri|", "type:string package:strings !function:string"},
	{shapes, "type Line struct { from Po|", "type:Point !variable:points"},
	{shapes, "any(p).(Po|", "type:Point !variable:points"},
	{shapes, "type T |", "keyword:struct keyword:interface type:Point !keyword:for"},
	// Keywords.
	{"", "fo|", "keyword:for"},
	{"", "for {\n\tbr|\n}", "keyword:break"},
	{"", "br|", "!keyword:break"},
	{"", "for i := ra|", "keyword:range package:rand"},
	{"", "switch 1 {\n\tca|\n}", "keyword:case !function:cap"},
	{"", "switch 1 {\ncase 1:\n\tfa|\n}", "keyword:fallthrough constant:false"},
	{"", "if true {\n} el|", "keyword:else"},
	{"", "impo|", "keyword:import"},
	{"", "x := fu|", "keyword:func"},
	{"", "ret|", "!keyword:return"},
	// Nothing to say.
	{shapes, "// p.|", "-"},
	{shapes, "/* p.| */", "-"},
	{shapes, "s := \"p.|\"", "-"},
	{shapes, "s := \"p.|", "-"},
	{shapes, "s := `\np.|", "-"},
	{"", "s := `a\r\nb\r\nfmt.Pr|", "-"},
	{"", "x := 1.|", "-"},
	{"", "x := 12|", "-"},
	{"", "func fo|", "-"},
	{"", "var na|", "-"},
	{"", "fo| := 1", "-"},
	{shapes, "func f(po| int) {}", "-"},
	// Broken texts around the cursor.
	{shapes, "fmt.Println(p.|\ny := 2\nfmt.Println(y)", "field:X"},
	{shapes, "if p.|\nfmt.Println(1)", "field:X method:Norm"},
	{shapes, "x := ) + 3\np.|", "field:X"},
	{shapes, "}}} p.|", "field:X"},
	{shapes, "p.X = = 3; points[0].|", "field:X"},
	{shapes, "func f() {\n\tq := p\n\tif q.|\n\nfunc g() { }", "field:X"},
	{shapes, "fmt.Println(undefined(p.|", "field:X"},
	{shapes, "for _, q := range points {\n\tfmt.Println(q.|\n}\np.Move(", "field:X"},
	{shapes, "sort.Slice(points, func(i, j int) bool {\n\treturn points[i].|", "field:X"},
	{shapes, "go func() { p.|", "field:X"},
	{shapes, "p.Norm().|", "-"},
	{shapes, "a, b := p.|", "field:X"},
	// Unicode before the cursor.
	{shapes, "s := \"žluťoučký 世界\"; p.|", "field:X"},
	{"größe := 1", "fmt.Println(\"世\", gr|)", "variable:größe"},
	{"größe := 1", "größ|", "variable:größe"},
	{"世界 := time.Now()", "世界.Un|", "method:Unix"},
	// In the middle of words and lines.
	{shapes, "fmt.Pri|ntf(\"x\")", "function:Println function:Printf"},
	{shapes, "p.|X + 1", "field:X field:Y"},
	{shapes, "circle.Po|int.X", "field:Point"},
	{"", "x := 1\r\nfmt.Printl|\r\n", "function:Println"},
}

func TestComplete(t *testing.T) {
	for _, tt := range completions {
		t.Run(tt.text, func(t *testing.T) {
			items, _ := completeAt(t, session(t, tt.before), tt.text)
			for _, want := range strings.Fields(tt.want) {
				name, unwanted := strings.CutPrefix(want, "!")
				switch {
				case want == "-" && len(items) > 0:
					t.Errorf("got %v, want none", items)
				case want != "-" && slices.Contains(items, name) == unwanted:
					t.Errorf("want %s in %v", want, items)
				}
			}
		})
	}
}

var sessions = map[string]*check.Scope{}

// session returns the scope after cells; scopes never change, so they are made once.
func session(t testing.TB, cells string) *check.Scope {
	t.Helper()
	if s := sessions[cells]; s != nil {
		return s
	}
	n := newNotebook(t)
	if cells != "" {
		n.run(cells)
	}
	sessions[cells] = n.scope
	return n.scope
}

// completeAt completes at the | of text, and returns kind:text of the items and
// the text that they replace.
func completeAt(t testing.TB, s *check.Scope, text string) (items []string, replaced string) {
	t.Helper()
	at := strings.Index(text, "|")
	if at < 0 {
		t.Fatalf("no | in %q", text)
	}
	text = text[:at] + text[at+1:]
	start, end, got := s.Complete(text, at, check.TopLevel)
	if start > at || end < at || end > len(text) {
		t.Errorf("range: got %d:%d around %d", start, end, at)
	}
	for _, i := range got {
		items = append(items, string(i.Kind)+":"+i.Text)
	}
	return items, text[start:end]
}

func TestCompletionReplaces(t *testing.T) {
	tests := []struct{ text, want string }{
		{"fmt.Printl|", "Printl"}, {"fmt.|", ""}, {"fmt.Pri|ntf(1)", "Printf"}, {"fmt.|Printf(1)", "Printf"},
		{"|fmt.Println()", ""}, {"x := \"世界\" + st|", "st"}, {"größ|e + 1", "größe"}, {"import \"net/h|\"", "net/h"}, {"1 + |", ""},
	}
	for _, tt := range tests {
		if _, got := completeAt(t, session(t, "größe := 1"), tt.text); got != tt.want {
			t.Errorf("%q: replaces %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestCompletionSignatures(t *testing.T) {
	s := session(t, shapes)
	tests := []struct{ text, item, want string }{
		{"fmt.Println", "Println", "(a ...any) (n int, err error)"},
		{"p.Move", "Move", "(dx, dy int)"},
		{"p.X", "X", "int"},
		{"Map", "Map", "[T, U any](xs []T, f func(T) U) []U"},
		{"points", "points", "[]Point"},
		{"stack.Pop", "Pop", "() (v string, ok bool)"},
		{"time.Second", "Second", "Duration"},
		{"append", "append", "(slice []Type, elems ...Type) []Type"},
		{"http", "http", "net/http"},
		{"rand", "rand", "math/rand/v2"},
		{"for", "for", ""},
	}
	for _, tt := range tests {
		_, _, items := s.Complete(tt.text, len(tt.text), check.TopLevel)
		i := slices.IndexFunc(items, func(i check.Item) bool { return i.Text == tt.item })
		if i < 0 || items[i].Signature != tt.want {
			t.Errorf("%s: got %+v, want signature %q", tt.text, items, tt.want)
		}
	}
}

func TestCompletionOrder(t *testing.T) {
	n := newNotebook(t)
	n.run("func stop() {}\nvar Stall int")
	items, _ := completeAt(t, n.scope, "func f(start int) { st| }")
	got := slices.DeleteFunc(items, func(i string) bool {
		return !slices.Contains([]string{"variable:start", "function:stop", "package:strings", "type:string", "keyword:struct", "variable:Stall"}, i)
	})
	want := []string{"variable:start", "function:stop", "package:strings", "type:string", "variable:Stall"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCompleteWorkload(t *testing.T) {
	text := "wor"
	_, _, items := session(t, "").Complete(text, len(text), check.Workload)
	if len(items) != 2 || items[0].Text != "worker" || items[1].Text != "workers" {
		t.Errorf("got %v, want worker and workers", items)
	}
}

func TestQuestionsLeaveNothingBehind(t *testing.T) {
	s := session(t, shapes)
	base := s.Fset().Base()
	for _, tt := range completions {
		completeAt(t, s, tt.text)
	}
	if got := s.Fset().Base(); got != base {
		t.Errorf("the session's file set grew from %d to %d", base, got)
	}
}

// Questions come while a cell is checked in the same scope.
func TestQuestionsDuringACheck(t *testing.T) {
	n := newNotebook(t)
	n.run(shapes)
	s := n.scope
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 5 {
				if items, _ := completeAt(t, s, "circle.|"); len(items) == 0 {
					t.Error("no completions")
				}
				if _, ok := describeAt(t, s, "stack.Push|"); !ok {
					t.Error("no description")
				}
			}
		})
	}
	for range 5 {
		n.run("type Point struct { X, Y, Z int; label string }\nq := Map(points, Point.Norm)")
	}
	wg.Wait()
}

func FuzzComplete(f *testing.F) {
	for _, tt := range completions {
		f.Add(strings.Replace(tt.text, "|", "", 1), strings.Index(tt.text, "|"))
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		s := session(t, shapes)
		s.Complete(text, at, check.TopLevel)
		s.Complete(text, at, check.Workload)
	})
}

func BenchmarkCompleteIn1000Lines(b *testing.B) {
	n := newNotebook(b)
	for i := range 100 {
		n.run(fmt.Sprintf("func f%d(xs []int) int {\n\ts := 0\n\tfor i, x := range xs {\n\t\tif x > %d {\n\t\t\ts += x * i\n\t\t}\n\t}\n\tfmt.Println(s)\n\treturn s\n}", i, i))
	}
	n.run(shapes)
	for _, text := range []string{"fmt.Println(|", "fmt.Printl|", "for _, q := range points {\n\tq.|"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				if items, _ := completeAt(b, n.scope, text); len(items) == 0 {
					b.Fatal("no completions")
				}
			}
		})
	}
}
