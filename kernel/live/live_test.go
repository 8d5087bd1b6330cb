package live_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lockstep/exec/procs"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/live"
	"lockstep/kernel/session"
)

// TestMain makes the test binary its own session and worker process, and more.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasSuffix(os.Args[1], "-role") {
		if err := play(os.Args[1], os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// What removes old units ends by itself, but may have much to remove.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("lockstep/kernel/native.(*Toolchain).Prune"),
		// nats.go starts it for what it puts into an object store, and forgets it if that was quick.
		goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

// roles are those of other processes, with what they do with their arguments.
var roles = map[string]func(args []string) error{"node-role": playNode}

func play(role string, args []string) error {
	if f := roles[role]; f != nil {
		return f(args)
	}
	// Filling Go's gigabyte takes a minute under the race detector.
	debug.SetMaxStack(64 << 20)
	r, w, err := procs.Pipes()
	if err != nil {
		return err
	}
	if role == "worker-role" {
		return session.Work(r, w, nil)
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	return session.Serve(r, w, func() *session.WorkerCommand { return &session.WorkerCommand{Argv: []string{exe, "worker-role"}} }, nil)
}

// recorder is a cell's output, kept.
type recorder struct {
	mu    sync.Mutex
	text  strings.Builder
	shown []display.Message
	input []string
	asked chan struct{}
}

func (r *recorder) Stream(name, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.WriteString(text)
}

func (r *recorder) Display(m display.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown = append(r.shown, m)
}
func (r *recorder) Page(display.Bundle)       {}
func (r *recorder) SetNextInput(string, bool) {}
func (r *recorder) Input(ctx context.Context, prompt string, password bool) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked != nil {
		close(r.asked)
		r.asked = nil
	}
	if len(r.input) == 0 {
		return "", fmt.Errorf("nobody is there")
	}
	line := r.input[0]
	r.input = r.input[1:]
	return line, nil
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// notebook runs cells in a live session.
type notebook struct {
	t testing.TB
	s *live.Session
	n int
}

func newNotebook(t testing.TB) *notebook {
	t.Helper()
	if e := os.Getenv(engineVariable); e == live.Native || e == live.Auto {
		return nativeNotebook(t, e)
	}
	return interpNotebook(t)
}

func interpNotebook(t testing.TB) *notebook {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := live.New(live.Options{Argv: []string{exe, "session-role"}, Node: []string{exe, "node-role"}, Version: "of the tests"})
	t.Cleanup(func() { _ = s.Close() })
	return &notebook{t: t, s: s}
}

func (n *notebook) run(ctx context.Context, code string, input ...string) (string, string, *lang.Error) {
	n.t.Helper()
	n.n++
	out := &recorder{input: input}
	r := n.s.Execute(ctx, lang.Request{Code: code, Count: n.n, AllowInput: len(input) > 0}, out)
	value := ""
	if r.Value != nil {
		value, _ = r.Value.Data[display.MIMEText].(string)
	}
	return value, out.String(), r.Err
}

func TestCells(t *testing.T) {
	tests := []struct{ name, cells, want string }{ // cells parted by a line of ---; want: value of the last, then «output»
		{"arithmetic", "6*7", "42"},
		{"string", `"a"+"b"`, `"ab"`},
		{"slice", "xs := []int{1, 4, 9}\nxs", "[]int{1, 4, 9}"},
		{"state", "x := 1\n---\nx++\n---\nx", "2"},
		{"print", `fmt.Println("hello", 3)`, "«hello 3\n»"},
		{"struct", "type P struct{ A int; b string }\n---\np := P{1, \"x\"}\n---\np", `P{A: 1, b: "x"}`},
		{"pointer", "type P struct{ A int }\n---\n&P{1}", "&P{A: 1}"},
		{"method", "type P struct{ A int }\nfunc (p *P) Inc() { p.A++ }\n---\nvar p P\n---\np.Inc(); p.Inc()\n---\np.A", "2"},
		{"redefine function", "func f() int { return 1 }\nfunc g() int { return f() * 10 }\n---\nfunc f() int { return 2 }\n---\ng()", "20"},
		{"redefine variable", "x := 1\n---\nx := \"s\"\n---\nx", `"s"`},
		{"x := x + 1", "x := 1\n---\nx := x + 1\n---\nx", "2"},
		{"a package's name", "url, err := url.Parse(\"http://x/y\")\nurl.Host", `"x"`},
		{"a package's name by var", "var sort = sort.IntSlice{3, 1}\n---\nsort", "sort.IntSlice{3, 1}"},
		{"a package's name after its use", "fmt.Print(strings.ToUpper(\"a\"))\nstrings := strings.Repeat(\"b\", 3)\nstrings", `"bbb"«A»`},
		{"an imported package's name", "import \"time\"\n---\ntime := time.Second\n---\ntime", "1s"},
		{"a package's name in a literal", "path := func() string { return path.Join(\"a\", \"b\") }\n---\npath()", `"a/b"`},
		{"redefine type", "type P struct{ A int }\nvar p P\n---\ntype P struct{ A, B int }\n---\nP{1, 2}", "P{A: 1, B: 2}"},
		{"method added keeps value", "type P struct{ A int }\np := P{5}\n---\nfunc (p P) Twice() int { return 2 * p.A }\n---\np.Twice()", "10"},
		{"error value", "strconv.Atoi(\"12\")", "12"},
		{"imports", "import \"strings\"\n---\nstrings.ToUpper(\"a\")", `"A"`},
		{"auto import", "math.Sqrt(16)", "4"},
		{"closure", "n := 0\ninc := func() int { n++; return n }\n---\ninc(); inc()\n---\nn", "2"},
		{"goroutines", "var wg sync.WaitGroup\nvar mu sync.Mutex\nsum := 0\nfor i := 0; i < 10; i++ {\n\twg.Add(1)\n\tgo func(i int) {\n\t\tdefer wg.Done()\n\t\tmu.Lock()\n\t\tsum += i\n\t\tmu.Unlock()\n\t}(i)\n}\nwg.Wait()\nsum", "45"},
		{"channels", "c := make(chan int, 3)\ngo func() { for i := 0; i < 3; i++ { c <- i }; close(c) }()\nt := 0\nfor v := range c { t += v }\nt", "3"},
		{"select", "c := make(chan int, 1)\nc <- 5\nr := 0\nselect {\ncase v := <-c:\n\tr = v\ncase <-time.After(time.Second):\n}\nr", "5"},
		{"range int", "s := 0\nfor i := range 5 { s += i }\ns", "10"},
		{"interface", "type S interface{ Area() float64 }\ntype Q float64\nfunc (q Q) Area() float64 { return float64(q * q) }\n---\nvar s S = Q(3)\n---\ns.Area()", "9"},
		{"boxed struct is a copy", "type P struct{ A int }\np := P{1}\nvar a any = p\np.A = 2\na.(P).A", "1"},
		{"map", "m := map[string]int{\"b\": 2, \"a\": 1}\nm", `map[string]int{"a": 1, "b": 2}`},
		{"returned stream", "func out() io.Writer { return os.Stdout }\n---\nfmt.Print(\"a\")\nfmt.Fprint(out(), \"b\")\nfmt.Print(\"c\")\nf := func() (io.Writer, error) { return os.Stderr, nil }\nw, _ := f()\nfmt.Fprint(w, \"d\")\nfmt.Print(\"e\")", "«abcde»"},
		{"stderr", "fmt.Fprintln(os.Stderr, \"oops\")", "«oops\n»"},
		{"dot import", "import . \"strings\"\n---\nToUpper(\"a\")\n---\nfunc f(s string) string { return Repeat(s, 2) }\n---\nvar b Builder\nb.WriteString(f(\"x\"))\n---\nb.String() + TrimSpace(\" y \")", `"xxy"`},
		{"const", "const c = 3\n---\nc * 2", "6"},
		{"multi value", "func f() (int, string) { return 1, \"a\" }\n---\nf()", `1, "a"`},
		{"recursive type", "type N struct{ V int; Next *N }\n---\nn := &N{1, &N{2, nil}}\n---\nn.Next.V", "2"},
		{"init", "var k int\n---\nfunc init() { k = 7 }\n---\nk", "7"},
		{"var block", "var (\n\ta = 1\n\tb string\n)\n---\nfmt.Sprint(a, b)", `"1"`},
		{"stringer", "type W int\nfunc (w W) String() string { return \"W!\" }\n---\nW(3)", "W!"},
		{"nil", "nil", "nil"},
		{"program", "package main\n\nimport \"fmt\"\n\nvar b = a + 1\nvar a = f()\n\nfunc f() int { return 41 }\n\nfunc init() { b *= 10 }\n\nfunc main() { fmt.Println(a, b) }", "«41 420\n»"},
		{"program leaves nothing", "x := 5\n---\npackage main\nvar x = \"other\"\nfunc main() { print(x) }\n---\nx", "5"},
		{"program exits", "package main\nimport \"os\"\nfunc main() { defer print(1); os.Exit(0) }", ""},
		{"time", "1500 * time.Millisecond", "1.5s"},
		{"generic function", "func Map[T, U any](xs []T, f func(T) U) []U {\n\tvar out []U\n\tfor _, x := range xs { out = append(out, f(x)) }\n\treturn out\n}\n---\nMap([]int{1, 2}, strconv.Itoa)\n---\nMap([]int{1, 2}, strconv.Itoa)", `[]string{"1", "2"}`},
		{"generic function redefined", "func Id[T any](v T) T { return v }\nfunc g() int { return Id(1) }\n---\ng()\n---\nfunc Id[T any](v T) T { var z T; return z }\n---\ng()", "0"},
		{"generic type", "type Stack[T any] struct{ xs []T }\nfunc (s *Stack[T]) Push(v T) { s.xs = append(s.xs, v) }\n---\nvar s Stack[string]\ns.Push(\"a\")\n---\ns.Push(\"b\")\nlen(s.xs)", "2"},
		{"method added to a generic type", "type Box[T any] struct{ V T }\nb := Box[int]{5}\n---\nfunc (b Box[T]) Get() T { return b.V }\n---\nb.Get()", "5"},
		{"deferred at top level", "x := 1\ndefer fmt.Println(\"x\", x)\nx = 2", "«x 1\n»"},
		{"loop variables", "var fs []func() int\nfor i := 0; i < 3; i++ { fs = append(fs, func() int { return i }) }\nfs[0]() + fs[1]()", "1"},
		{"named type in interface", "type C float64\n---\nvar v any = C(1)\n---\n_, plain := v.(float64)\n_, own := v.(C)\nfmt.Sprint(plain, own)", `"false true"`},
		{"struct in interface", "type b struct{ n string }\ntype u struct{ b; a int; B *u }\n---\nvar v any = u{a: 1}\nv", `u{b: b{n: ""}, a: 1, B: nil}`},
		{"structs in interfaces", "type u struct{ a int; B string }\ntype box[T any] struct{ v T }\n[]any{u{1, \"x\"}, &u{}, []u{{2, \"\"}}, box[int]{3}, struct{ c int }{4}}", `[]any{u{a: 1, B: "x"}, &u{a: 0, B: ""}, []u{{a: 2, B: ""}}, box[int]{v: 3}, struct{ c int }{c: 4}}`},
		{"texts of values inside", "type w int\nfunc (x w) String() string { return \"w\" + strconv.Itoa(int(x)) }\ntype m struct{ cents int }\nfunc (x m) String() string { return \"$\" + strconv.Itoa(x.cents) }\ntype p struct{ a int }\nfunc (x *p) String() string { return \"p\" }\n---\nstruct { L []w; M map[w]m; Q *p; V p }{[]w{1}, map[w]m{2: {3}}, &p{5}, p{6}}", `struct{L []w; M map[w]m; Q *p; V p}{L: []w{w1}, M: map[w]m{w2: $3}, Q: p, V: p{a: 6}}`},
		{"slices", "slices.Sorted(maps.Keys(map[string]int{\"b\": 1, \"a\": 2}))", `[]string{"a", "b"}`},
		{"enumeration", "type Day int\nconst (\n\tMon Day = iota\n\tTue\n)\nfunc (d Day) String() string { return [...]string{\"Mon\", \"Tue\"}[d] }\n---\nm := map[Day]int{Tue: 2}\n---\nfmt.Sprint(Tue, m[Tue], Mon < Tue)", `"Tue 2 true"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkCells(t, newNotebook(t), tt.cells, tt.want)
		})
	}
}

// checkCells runs cells, parted by a line of ---, and compares what the last one
// gives: its value, then «output».
func checkCells(t *testing.T, n *notebook, cells, want string) {
	t.Helper()
	value, out := "", ""
	for _, code := range strings.Split(cells, "\n---\n") {
		var err *lang.Error
		if value, out, err = n.run(t.Context(), code); err != nil {
			t.Fatalf("cell %q: %v\n%s", code, err, strings.Join(err.Traceback, "\n"))
		}
	}
	if out != "" {
		value += "«" + out + "»"
	}
	if value != want {
		t.Errorf("got %s, want %s", value, want)
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name, code string
		kind       string
		want       string // in the traceback
		keeps      bool   // the session's variables survive
	}{
		{"panic", "x := 1\npanic(\"boom\")", "panic", "line 2", true},
		{"index", "xs := []int{1}\ni := 5\n\nxs[i]", "panic", "line 4", true},
		{"index in Go's words", "xs := []int{1}\ni := 5\nxs[i]", "panic", "runtime error: index out of range", true},
		{"slice in Go's words", "xs := []int{1}\ni := 5\nxs[i:]", "panic", "runtime error: slice bounds out of range", true},
		{"nil pointer in Go's words", "var p *struct{ X int }\np.X", "panic", "invalid memory address or nil pointer dereference", true},
		{"assertion in Go's words", "var e any = 1\ne.(string)", "panic", "panic\x1b[0m: interface conversion: interface {} is int, not string", true},
		{"in a function", "func f(m map[string]int) {\n\tm[\"a\"] = 1\n}\nf(nil)", "panic", "line 2", true},
		{"divide", "z := 0\n1 / z", "panic", "line 2", true},
		{"goroutine", "var wg sync.WaitGroup\nwg.Add(1)\ngo func() {\n\tdefer wg.Done()\n\tpanic(\"in there\")\n}()\nwg.Wait()", "panic", "line 5", true},
		{"goroutine of WaitGroup.Go", "var wg sync.WaitGroup\nwg.Go(func() {\n\tpanic(\"in there\")\n})\nwg.Wait()", "panic", "line 3", true},
		{"goroutine of AfterFunc", "done := make(chan int)\ntime.AfterFunc(0, func() {\n\tdefer close(done)\n\tpanic(\"in there\")\n})\n<-done", "panic", "line 4", true},
		{"exit", "os.Exit(3)", "exit", "os.Exit(3)", true},
		{"log.Fatal", "log.Fatal(\"no\")", "exit", "", true},
		{"Logger.Fatal", "log.New(os.Stderr, \"\", 0).Fatalf(\"no %d\", 1)", "exit", "os.Exit(1)", true},
		{"stack", "func r(n int) int { return r(n+1) + 1 }\nr(0)", "panic", "stack overflow", true},
		{"stack of a goroutine", "func r(n int) int { return r(n+1) + 1 }\nc := make(chan int)\ngo func() { c <- r(0) }()\n<-c", "panic", "stack overflow", true},
		{"map race", "m := map[int]int{}\nfor i := 0; i < 8; i++ {\n\tgo func() { for { m[1]++ } }()\n}\ntime.Sleep(time.Minute)", "fatal error", "concurrent map", false},
		{"in a function of another cell", "func inner(i int) int {\n\treturn 1 / i\n}\n---\ninner(0)", "panic", "cell 2, line 2", true},
		{"undefined", "y := undefinedName", "compile error", "line 1, column 6", true},
		{"syntax", "x := 1\nfor {", "syntax error", "line", true},
		{"syntax: several values", "a, b := 1, 2\na, b", "syntax error", "line 2, column 1: expected 1 expression; fmt.Println(a, b) shows several", true},
		{"syntax: indented magic", "x := 1\n  %time x", "syntax error", "line 2, column 3: expected statement, found '%'; a magic begins in its line's first column", true},
		{"syntax: open block", "if true {", "syntax error", "line 1, column 10: expected '}', found the end of the cell\n    1 | if", true},
		{"syntax: open function", "func f() {", "syntax error", "line 1, column 11: expected '}', found the end of the cell\n", true},
		{"error result", "strconv.Atoi(\"x\")", "error", "invalid syntax", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNotebook(t)
			if _, _, err := n.run(t.Context(), "keep := 5\nfunc double(i int) int { return 2 * i }"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			cells := strings.Split(tt.code, "\n---\n")
			for _, code := range cells[:len(cells)-1] {
				n.must(code)
			}
			_, _, err := n.run(ctx, cells[len(cells)-1])
			if err == nil {
				t.Fatal("no error")
			}
			trace := strings.Join(err.Traceback, "\n")
			if err.Name != tt.kind || !strings.Contains(trace, tt.want) {
				t.Errorf("got %s:\n%s\nwant %s with %q", err.Name, trace, tt.kind, tt.want)
			}
			if v, _, err := n.run(t.Context(), "double(21)"); err != nil || v != "42" {
				t.Errorf("declaration afterwards: got %q, %v", v, err)
			}
			v, _, err := n.run(t.Context(), "keep")
			if tt.keeps && (err != nil || v != "5") {
				t.Errorf("variable afterwards: got %q, %v; want 5", v, err)
			}
			if !tt.keeps {
				if err == nil {
					t.Errorf("variable afterwards: got %q, want none", v)
				}
				if !strings.Contains(trace, "keep") {
					t.Errorf("the lost variable is not named:\n%s", trace)
				}
			}
		})
	}
}

// TestDeferredFatal ends a cell where the call runs, not where it is deferred.
func TestDeferredFatal(t *testing.T) {
	n := newNotebook(t)
	n.must("type service struct { *log.Logger; name string }\nlg := log.New(os.Stdout, \"\", 0)\ns := service{lg, \"s\"}")
	for _, call := range []string{"lg.Fatalf(\"%s\", \"end\")", "lg.Fatal(\"end\")", "lg.Fatalln(\"end\")", "log.Fatal(\"end\")", "s.Fatal(\"end\")"} {
		_, out, err := n.run(t.Context(), "log.SetFlags(0)\nfunc() {\n\tdefer "+call+"\n\tfmt.Println(\"last\")\n}()\nfmt.Println(\"not reached\")")
		if err == nil || err.Name != "exit" || out != "last\nend\n" {
			t.Errorf("%s: got %q, %v", call, out, err)
		}
	}
}

func TestInterrupt(t *testing.T) {
	for _, tt := range []struct{ name, code string }{
		{"loop", "fmt.Println(\"begun\")\nfor {\n}"}, {"select", "fmt.Println(\"begun\")\nselect {}"},
		{"receive", "fmt.Println(\"begun\")\n<-make(chan int)"}, {"send", "fmt.Println(\"begun\")\nmake(chan int) <- 1"},
		{"sleep", "fmt.Println(\"begun\")\ntime.Sleep(time.Hour)"}, {"function", "func spin() { fmt.Println(\"begun\"); for { } }\nspin()"},
		{"wait", "fmt.Println(\"begun\")\ntime.Sleep(time.Millisecond)\nselect {\ncase <-make(chan int):\n}"},
		{"mutex", "var mu sync.Mutex\nmu.Lock()\nfmt.Println(\"begun\")\nmu.Lock()"},
		{"WaitGroup.Go", "var wg sync.WaitGroup\nfor range 2 { wg.Go(func() { for { } }) }\nfmt.Println(\"begun\")\nwg.Wait()"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNotebook(t)
			if _, _, err := n.run(t.Context(), "keep := 5"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			// Whatever compiles the cell has done so by the time that it prints.
			out := stopper{&recorder{}, "begun", cancel}
			n.n++
			r := n.s.Execute(ctx, lang.Request{Code: tt.code, Count: n.n}, out)
			if r.Err == nil || r.Err.Name != "interrupted" {
				t.Fatalf("got %v, want interrupted", r.Err)
			}
			if v, _, err := n.run(t.Context(), "keep"); err != nil || v != "5" {
				t.Errorf("afterwards: got %q, %v, want 5", v, err)
			}
		})
	}
}

func TestInput(t *testing.T) {
	n := newNotebook(t)
	v, _, err := n.run(t.Context(), "var name string\nfmt.Scanln(&name)\nname", "gopher")
	if err != nil || v != `"gopher"` {
		t.Errorf("Scanln: got %s, %v", v, err)
	}
	v, _, err = n.run(t.Context(), "sc := bufio.NewScanner(os.Stdin)\nsc.Scan()\nsc.Text()", "a line")
	if err != nil || v != `"a line"` {
		t.Errorf("Scanner: got %s, %v", v, err)
	}
}

func BenchmarkTrivialCell(b *testing.B) {
	n := newNotebook(b)
	n.run(b.Context(), "x := 1")
	for b.Loop() {
		if _, _, err := n.run(b.Context(), "x + 1"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestLeavingADeletedDirectory(t *testing.T) {
	n := newNotebook(t)
	lost, to := filepath.Join(t.TempDir(), "lost"), t.TempDir()
	if err := os.Mkdir(lost, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.run(t.Context(), "%cd "+lost); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(lost); err != nil {
		t.Skipf("this system keeps a directory in which a process is: %v", err)
	}
	if _, _, err := n.run(t.Context(), "%cd "+to); err != nil {
		t.Fatalf("got %v, want to come to %s", err, to)
	}
	if v, _, err := n.run(t.Context(), "wd, _ := os.Getwd()\nwd"); err != nil || v != strconv.Quote(to) {
		t.Errorf("got %s, %v, want %q", v, err, to)
	}
}
