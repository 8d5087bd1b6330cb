package check_test

import (
	"slices"
	"strings"
	"testing"

	"lockstep/kernel/check"
)

// descriptions are texts with a | at the cursor; want is the name, kind and
// declaration, "" for nothing.
var descriptions = []struct{ before, text, want string }{
	{"", "fmt.Print|ln(1)", "fmt.Println function func Println(a ...any) (n int, err error)"},
	{"", "fmt.Println|", "fmt.Println function func Println(a ...any) (n int, err error)"},
	{"", "fmt.Println(|", "fmt.Println function func Println(a ...any) (n int, err error)"},
	{"", "fmt.Println(\"a|b\")", "fmt.Println function func Println(a ...any) (n int, err error)"},
	{"", "fmt.Println(1, len([]int{1, 2}[0:1|]))", "len function func len(v Type) int"},
	{"", "fm|t.Println(1)", "fmt package package fmt // import \"fmt\""},
	{"", "strings|", "strings package package strings // import \"strings\""},
	{"", "rand|", "rand package package rand // import \"math/rand/v2\""},
	{"", "net/http|", "http package package http // import \"net/http\""},
	{"", "math/rand.Intn|", "rand.Intn function func Intn(n int) int"},
	{"", "import \"net/h|ttp\"", "http package package http // import \"net/http\""},
	{"", "import r \"math/rand\"\nr.In|tn(3)", "rand.Intn function func Intn(n int) int"},
	{"", "math.P|i", "math.Pi constant const Pi = 3.14159"},
	{"", "time.Second|", "time.Second constant const Second Duration = 1000000000"},
	{"", "http.MethodGet|", "http.MethodGet constant const MethodGet = \"GET\""},
	{"", "os.Stdout|", "os.Stdout variable var Stdout *File"},
	{"", "time.Duration|", "time.Duration type type Duration int64"},
	{"", "io.ReadWriter|", "io.ReadWriter type type ReadWriter interface {\n\tReader\n\tWriter\n}"},
	{"", "bytes.Buffer|", "bytes.Buffer type type Buffer struct {\n\t// and unexported fields\n}"},
	{"", "big.Accuracy|", "big.Accuracy type type Accuracy int8"},
	{"", "image.Point|", "image.Point type type Point struct {\n\tX int\n\tY int\n}"},
	{"", "csv.ParseError|", "csv.ParseError type type ParseError struct {\n\tStartLine int\n\tLine      int\n\tColumn    int\n\tErr       error\n}"},
	{"", "strings.Map|", "strings.Map function func Map(mapping func(rune) rune, s string) string"},
	{"", "slices.Index|", "slices.Index function func Index[S ~[]E, E comparable](s S, v E) int"},
	{"var b bytes.Buffer", "b.Wri|te(nil)", "bytes.Buffer.Write method func (b *Buffer) Write(p []byte) (n int, err error)"},
	{"var c http.Client", "c.Timeout|", "http.Client.Timeout field field Timeout time.Duration"},
	{"var r io.Reader", "r.Read(|", "io.Reader.Read method func (Reader) Read(p []byte) (n int, err error)"},
	{"", "len|", "len function func len(v Type) int"},
	{"", "append(|", "append function func append(slice []Type, elems ...Type) []Type"},
	{"", "var e err|or", "error type type error interface {\n\tError() string\n}"},
	{"", "an|y(1)", "any type type any = interface{}"},
	{"", "x := in|t(1)", "int type type int"},
	{"var e error", "e.Error|()", "error.Error method func (error) Error() string"},
	{shapes, "origin|()", "origin function func origin() Point"},
	{shapes, "origin(|)", "origin function func origin() Point"},
	{shapes, "Map|", "Map function func Map[T, U any](xs []T, f func(T) U) []U"},
	{shapes, "Map[int, string](|", "Map function func Map[T, U any](xs []T, f func(T) U) []U"},
	{shapes, "p.Move(1, |", "Point.Move method func (p *Point) Move(dx, dy int)"},
	{shapes, "Point.Nor|m", "Point.Norm method func (p Point) Norm() float64"},
	{shapes, "Point.Move|", "Point.Move method func (p *Point) Move(dx, dy int)"},
	{shapes, "Point.label|", "Point.label field field label string"},
	{"", "http.Client.Timeout|", "http.Client.Timeout field field Timeout time.Duration"},
	{"", "bytes.Buffer.Write|", "bytes.Buffer.Write method func (b *Buffer) Write(p []byte) (n int, err error)"},
	{"", "fmt.P|", ""},
	{"", "net/http.Client.Do|", "http.Client.Do method func (c *Client) Do(req *Request) (*Response, error)"},
	{shapes, "package main\nfunc origin() int { return 1 }\nfunc main() { origin|() }", "origin function func origin() int"},
	{shapes, "circle.Write|String", "strings.Builder.WriteString method func (b *Builder) WriteString(s string) (int, error)"},
	{shapes, "circle.Norm|()", "Point.Norm method func (p Point) Norm() float64"},
	{shapes, "stack.Push|", "Stack.Push method func (s *Stack[T]) Push(v T)"},
	{shapes, "p.X|", "Point.X field field X int"},
	{shapes, "p|.X", "p variable var p Point"},
	{shapes, "points|", "points variable var points []Point"},
	{shapes, "Limit|", "Limit constant const Limit = 10"},
	{shapes, "Green|", "Green constant const Green Color = 1"},
	{shapes, "Point|{}", "Point type type Point struct { X, Y int; label string }"},
	{shapes, "Named|", "Named type type Named interface { Name() string; Rename(to string) }"},
	{shapes, "func f(n int) { fmt.Println(n|) }", "n variable var n int"},
	{shapes, "for _, q := range points { q| }", "q variable var q Point"},
	{shapes, "switch v| := any(p).(type) { case int: _ = v }", "v variable var v int"},
	{shapes, "y := 3.5\ny|", "y variable var y float64"},
	{shapes, "y| := 3.5", "y variable var y float64"},
	{shapes, "fmt.Println(points[0].X|", "Point.X field field X int"},
	{shapes, "s := \"世界\"; p.Move|(", "Point.Move method func (p *Point) Move(dx, dy int)"},
	{shapes, "p.Move(1,\n\t|", "Point.Move method func (p *Point) Move(dx, dy int)"},
	{shapes, "if p.Norm|(\nfmt.Println()", "Point.Norm method func (p Point) Norm() float64"},
	{"x := 1", "x := \"s\"\nx|", "x variable var x string"},
	{shapes, "sort.Slice(points, func(i, j int) bool {\n\tx := 1\n\t|\n})", ""},
	{shapes, "// origin|", ""},
	{shapes, "nosuch|", ""},
	{shapes, "p.nosuch|", ""},
	{shapes, "for| {}", "for keyword for [ Condition | Init; Condition; Post | x := range Expression ] Block"},
	{shapes, "|", ""},
	{shapes, "1 + |2", ""},
}

func describeAt(t testing.TB, s *check.Scope, text string) (check.Description, bool) {
	t.Helper()
	before, after, ok := strings.Cut(text, "|")
	if !ok {
		t.Fatalf("no | in %q", text)
	}
	return s.Describe(before+after, len(before), check.TopLevel)
}

func TestDescribe(t *testing.T) {
	for _, tt := range descriptions {
		t.Run(tt.text, func(t *testing.T) {
			d, ok := describeAt(t, session(t, tt.before), tt.text)
			got := ""
			if ok {
				got = d.Name + " " + string(d.Kind) + " " + d.Decl
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestDescribeWhereItIsDocumented(t *testing.T) {
	tests := []struct{ text, path, symbol, member string }{
		{"fmt.Println|", "fmt", "Println", ""}, {"fmt|.Println()", "fmt", "", ""}, {"time.Second|", "time", "Second", ""},
		{"new(bytes.Buffer).Write|", "bytes", "Buffer", "Write"}, {"http.DefaultClient.Timeout|", "net/http", "Client", "Timeout"},
		{"time.Now().Add|", "time", "Time", "Add"}, {"len|", "builtin", "len", ""}, {"new(atomic.Pointer[int]).Load|", "sync/atomic", "Pointer", "Load"},
	}
	for _, tt := range tests {
		d, ok := describeAt(t, session(t, ""), tt.text)
		if !ok || d.Path != tt.path || d.Symbol != tt.symbol || d.Member != tt.member {
			t.Errorf("%s: got %q %q %q (%v), want %q %q %q", tt.text, d.Path, d.Symbol, d.Member, ok, tt.path, tt.symbol, tt.member)
		}
	}
}

func TestDescribeWhatCellsDeclare(t *testing.T) {
	n := newNotebook(t)
	n.run("// Area is a size.\n//\n// In square metres.\nfunc Area(w, h float64) float64 { return w * h }")
	n.run("// Box is a box.\ntype Box struct {\n\t// W is its width.\n\tW float64\n\tH float64 // H is its height.\n}\n\n// Size is W by H.\nfunc (b Box) Size() float64 { return Area(b.W, b.H) }")
	n.run("// Sides of things.\nconst (\n\t// Left is where the heart is.\n\tLeft = 1\n\tRight = 2\n)")
	n.run("box := Box{W: 1}")
	tests := []struct{ text, cell, doc, source string }{
		{"Area|", "cell 1", "Area is a size.\n\nIn square metres.\n", "func Area(w, h float64) float64 { return w * h }"},
		{"Box|{}", "cell 2", "Box is a box.\n", "type Box struct {"},
		{"box.Size|()", "cell 2", "Size is W by H.\n", "func (b Box) Size() float64"},
		{"box.W|", "cell 2", "W is its width.\n", "type Box struct {"},
		{"box.H|", "cell 2", "H is its height.\n", "type Box struct {"},
		{"Left|", "cell 3", "Left is where the heart is.\n", "const ("},
		{"Right|", "cell 3", "Sides of things.\n", "const ("},
		{"box|", "cell 4", "", ""},
		{"// F is new.\nfunc F() {}\nF|()", "", "F is new.\n", "func F() {}"},
	}
	for _, tt := range tests {
		d, ok := describeAt(t, n.scope, tt.text)
		if !ok || d.Cell != tt.cell || d.Doc != tt.doc || !strings.HasPrefix(d.Source, tt.source) || (d.Source == "") != (tt.source == "") {
			t.Errorf("%s: got %+v (%v), want cell %q, doc %q, source %q", tt.text, d, ok, tt.cell, tt.doc, tt.source)
		}
	}
	d, _ := describeAt(t, n.scope, "Box|{}")
	if want := []string{"func (b Box) Size() float64"}; !slices.Equal(d.Members, want) {
		t.Errorf("methods of Box: got %q, want %q", d.Members, want)
	}
	if d, _ := describeAt(t, n.scope, "box|"); d.Var == nil || d.Var.Name != "box" {
		t.Errorf("box: got variable %v", d.Var)
	}
	if d, _ := describeAt(t, n.scope, "func f(box int) { box| }"); d.Var != nil {
		t.Errorf("a parameter: got session variable %v", d.Var)
	}
}

func TestDescribePackage(t *testing.T) {
	d, _ := describeAt(t, session(t, ""), "rand|")
	if !slices.Equal(d.Also, []string{"crypto/rand", "math/rand"}) {
		t.Errorf("other packages called rand: got %v", d.Also)
	}
	if !slices.Contains(d.Members, "func IntN(n int) int") || !slices.Contains(d.Members, "type PCG struct") {
		t.Errorf("members: got %q", d.Members)
	}
}

func FuzzDescribe(f *testing.F) {
	for _, tt := range descriptions {
		f.Add(strings.Replace(tt.text, "|", "", 1), strings.Index(tt.text, "|"))
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		session(t, shapes).Describe(text, at, check.TopLevel)
	})
}
