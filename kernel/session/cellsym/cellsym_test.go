package cellsym_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/session/cellsym"
	"lockstep/kernel/session/stdsym"
)

// fakeHost is a session with one cell. Exit ends the calling goroutine.
type fakeHost struct {
	in       io.Reader
	mu       sync.Mutex
	out, err bytes.Buffer
	exits    []int
	slept    []time.Duration
}

func (h *fakeHost) Stdout() io.Writer { return h.locked(&h.out) }
func (h *fakeHost) Stderr() io.Writer { return h.locked(&h.err) }
func (h *fakeHost) Stdin() io.Reader  { return h.in }

func (h *fakeHost) Exit(code int) {
	h.mu.Lock()
	h.exits = append(h.exits, code)
	h.mu.Unlock()
	runtime.Goexit()
}

func (h *fakeHost) Sleep(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slept = append(h.slept, d)
}

func (h *fakeHost) locked(b *bytes.Buffer) io.Writer {
	return writer(func(p []byte) (int, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return b.Write(p)
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// lines is what a user types: each is asked for when the one before is used up.
type lines struct {
	typed []string
	rest  string
	asked int
}

func (l *lines) Read(p []byte) (int, error) {
	if l.rest == "" {
		if l.asked == len(l.typed) {
			return 0, io.EOF
		}
		l.rest = l.typed[l.asked] + "\n"
		l.asked++
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// session returns an interpreter with packages imported, and undoes what that
// does to the process.
func session(t testing.TB, h cellsym.Host, paths ...string) *interp.Interpreter {
	t.Helper()
	writer, flags, prefix := log.Writer(), log.Flags(), log.Prefix()
	t.Cleanup(func() {
		log.SetOutput(writer)
		log.SetFlags(flags)
		log.SetPrefix(prefix)
		flag.CommandLine.Init(os.Args[0], flag.ExitOnError)
		flag.CommandLine.SetOutput(nil)
	})
	log.SetFlags(0)
	it := interp.New(interp.Options{Unrestricted: true, Stderr: io.Discard})
	if err := cellsym.Import(it, h, paths...); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		run(t, it, fmt.Sprintf("import %q", path))
	}
	return it
}

// run evaluates cells in a goroutine of their own, and returns the last value.
// A cell that exits has none.
func run(t testing.TB, it *interp.Interpreter, cells ...string) (v reflect.Value) {
	t.Helper()
	for _, cell := range cells {
		var err error
		done := make(chan struct{})
		v = reflect.Value{}
		go func() {
			defer close(done)
			v, err = it.Eval(cell)
		}()
		<-done
		if err != nil {
			t.Fatalf("%s: %v", cell, err)
		}
	}
	return v
}

const types = `
type day int
func (d day) String() string { return []string{"Mon", "Tue"}[d] }
type fault struct{ n int }
func (f *fault) Error() string { return fmt.Sprint("fault ", f.n) }
type pair struct{ a, b int }
func (p pair) String() string { return fmt.Sprint(p.a, "/", p.b) }
func (p *pair) Scan(s fmt.ScanState, verb rune) error { p.a, p.b = 7, 8; _, err := s.Token(true, nil); return err }
`

// TestOutput compares what cells write with what the same functions of the
// standard library would.
func TestOutput(t *testing.T) {
	for _, tt := range []struct {
		name, imports, cell string
		out, err            string
	}{
		{"Print", "", `fmt.Print("a", 1, 2, "b")`, "a1 2b", ""},
		{"Printf", "", `fmt.Printf("%03d|%v\n", 7, "x")`, "007|x\n", ""},
		{"Println", "", `fmt.Println("a", 1, nil)`, "a 1 <nil>\n", ""},
		{"result of Println", "", `fmt.Println(fmt.Println("abc"))`, "abc\n4 <nil>\n", ""},
		{"Stringer", "", `fmt.Println(day(1), pair{1, 2}, &pair{3, 4})`, "Tue 1/2 3/4\n", ""},
		{"Stringer and verbs", "", `fmt.Printf("%v %s %d %4v|", day(1), day(0), day(1), day(1))`, "Tue Mon 1  Tue|", ""},
		{"Stringer by Print", "", `fmt.Print(day(0), "\n")`, "Mon\n", ""},
		{"error", "", `fmt.Println(&fault{3})`, "fault 3\n", ""},
		{"error in an interface", "", `func() { var err error = &fault{4}; fmt.Println(err, fmt.Errorf("in: %w", err)) }()`, "fault 4 in: fault 4\n", ""},
		{"function value", "", `func() { p := fmt.Println; p("by value") }()`, "by value\n", ""},
		{"deferred", "", `func() { defer fmt.Println("later", day(1)); fmt.Println("first") }()`, "first\nlater Tue\n", ""},
		{"Fprintln stays", "strings", `func() { var b strings.Builder; fmt.Fprintln(&b, day(1)); fmt.Print(b.String()) }()`, "Tue\n", ""},

		{"log.Print", "log", `log.Print("a ", day(1))`, "", "a Tue\n"},
		{"log.Printf", "log", `log.Printf("%d", 5)`, "", "5\n"},
		{"log.SetPrefix", "log", `func() { log.SetPrefix("p: "); log.Println("x", log.Prefix()) }()`, "", "p: x p: \n"},
		{"log.SetFlags", "log", `func() { log.SetFlags(log.Lmsgprefix); fmt.Println(log.Flags()); log.Println("x") }()`, "64\n", "x\n"},
		{"log.Default", "log", `func() { log.SetPrefix("d: "); log.Default().Print("x") }()`, "", "d: x\n"},
		{"log.Writer", "log", `fmt.Fprintln(log.Writer(), "x")`, "", "x\n"},
		{"log.SetOutput", "log strings", `func() { var b strings.Builder; log.SetOutput(&b); log.Print("x"); fmt.Print(b.String()) }()`, "x\n", ""},
		{"log.New", "log strings", `func() { var b strings.Builder; log.New(&b, "n: ", 0).Print("x"); fmt.Print(b.String()) }()`, "n: x\n", ""},
		{"log.Panic", "log", `func() { defer func() { fmt.Println("recovered:", recover()) }(); log.Panicln("x", 1) }()`, "recovered: x 1\n\n", "x 1\n"},

		{"slog", "log/slog", `slog.Info("m", "k", 1)`, "", "INFO m k=1\n"},
		{"slog with methods", "log/slog", `slog.Warn("m", "day", day(1), "err", &fault{2})`, "", "WARN m day=Tue err=\"fault 2\"\n"},
		{"slog.With", "log/slog", `slog.Default().With("a", 1).Error("m")`, "", "ERROR m a=1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := new(fakeHost)
			it := session(t, h, append([]string{"fmt"}, strings.Fields(tt.imports)...)...)
			run(t, it, types, tt.cell)
			if got := h.out.String(); got != tt.out {
				t.Errorf("standard output: got %q, want %q", got, tt.out)
			}
			if got := h.err.String(); got != tt.err {
				t.Errorf("standard error: got %q, want %q", got, tt.err)
			}
		})
	}
}

// TestLogFormat has the logger as a fresh process has it.
func TestLogFormat(t *testing.T) {
	h := new(fakeHost)
	it := session(t, h, "log")
	log.SetFlags(log.LstdFlags)
	before := time.Now().Truncate(time.Second)
	run(t, it, `log.Print("x")`)
	stamp, rest := h.err.String()[:19], h.err.String()[19:]
	at, err := time.ParseInLocation("2006/01/02 15:04:05", stamp, time.Local)
	if err != nil || at.Before(before) || at.After(time.Now()) || rest != " x\n" {
		t.Errorf("got %q (%v), want date, time and text", &h.err, err)
	}
}

func TestExit(t *testing.T) {
	for _, tt := range []struct {
		name, imports, cell string
		codes               []int
		err                 string
	}{
		{"os.Exit", "os", `func() { os.Exit(3); fmt.Println("not reached") }()`, []int{3}, ""},
		{"syscall.Exit", "syscall", `func() { syscall.Exit(4); fmt.Println("not reached") }()`, []int{4}, ""},
		{"log.Fatal", "log", `func() { log.Fatal("a", day(1)); fmt.Println("not reached") }()`, []int{1}, "aTue\n"},
		{"log.Fatalf", "log", `func() { log.Fatalf("%v %d", day(1), day(1)); fmt.Println("not reached") }()`, []int{1}, "Tue 1\n"},
		{"log.Fatalln", "log", `func() { log.Fatalln("a", &fault{2}); fmt.Println("not reached") }()`, []int{1}, "a fault 2\n"},
		{"log.Fatal with prefix", "log", `func() { log.SetPrefix("p: "); log.Fatal("x") }()`, []int{1}, "p: x\n"},
		{"function value", "os", `func() { f := os.Exit; f(5); fmt.Println("not reached") }()`, []int{5}, ""},
		{"in a goroutine", "os sync", `func() {
			var wg sync.WaitGroup
			wg.Add(1)
			go func() { defer wg.Done(); os.Exit(6); fmt.Println("not reached") }()
			wg.Wait()
		}()`, []int{6}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := new(fakeHost)
			it := session(t, h, append([]string{"fmt"}, strings.Fields(tt.imports)...)...)
			run(t, it, types, tt.cell)
			if !slices.Equal(h.exits, tt.codes) {
				t.Errorf("exits: got %v, want %v", h.exits, tt.codes)
			}
			if h.out.Len() > 0 {
				t.Errorf("the cell went on and printed %q", &h.out)
			}
			if got := h.err.String(); got != tt.err {
				t.Errorf("standard error: got %q, want %q", got, tt.err)
			}
		})
	}
}

func TestSleep(t *testing.T) {
	h := new(fakeHost)
	it := session(t, h, "time")
	run(t, it, `time.Sleep(3 * time.Hour)`, `func() { for i := 0; i < 2; i++ { time.Sleep(time.Duration(i)) } }()`)
	if want := []time.Duration{3 * time.Hour, 0, 1}; !slices.Equal(h.slept, want) {
		t.Errorf("got %v, want %v", h.slept, want)
	}
}

// TestScan runs cells with typed lines, and looks at how many of them were
// asked for.
func TestScan(t *testing.T) {
	for _, tt := range []struct {
		name  string
		typed []string
		cell  string
		want  string
		asked int
	}{
		{"Scanln", []string{"Ada 36", "never"}, `var s string; var n int; c, err := fmt.Scanln(&s, &n); fmt.Print(s, " ", n, " ", c, " ", err)`, "Ada 36 2 <nil>", 1},
		{"Scanln twice", []string{"Ada", "Bob"}, `var a, b string; fmt.Scanln(&a); fmt.Scanln(&b); fmt.Print(a, "+", b)`, "Ada+Bob", 2},
		{"Scanln, line too long", []string{"Ada Lovelace", "Bob"}, `var a, b string; _, err := fmt.Scanln(&a); fmt.Scanln(&b); fmt.Print(a, "+", b, ": ", err)`, "Ada+Bob: expected newline", 2},
		{"Scanln, line too short", []string{"Ada", "Bob"}, `var a, b string; n, err := fmt.Scanln(&a, &b); fmt.Print(a, "+", b, ": ", n, " ", err)`, "Ada+: 1 unexpected newline", 1},
		{"Scanln, wrong type", []string{"x", "5"}, `var n, m int; _, err := fmt.Scanln(&n); fmt.Scanln(&m); fmt.Print(n, m, " ", err)`, "0 5 expected integer", 2},
		{"Scanln, empty line", []string{"", "x"}, `var s string; _, err := fmt.Scanln(&s); fmt.Print(s, err)`, "unexpected newline", 1},
		{"Scanln, end", nil, `var s string; n, err := fmt.Scanln(&s); fmt.Print(n, " ", err)`, "0 EOF", 0},
		{"Scanln without a newline at the end", []string{"raw"}, `var s string; _, err := fmt.Scanln(&s); fmt.Print(s, " ", err)`, "raw <nil>", 1},
		{"Scanln, more than a byte", []string{"ä€😀"}, `var s string; fmt.Scanln(&s); fmt.Print(s)`, "ä€😀", 1},
		{"Scanln with a Scanner", []string{"x"}, `var p pair; _, err := fmt.Scanln(&p); fmt.Print(p.a, p.b, err)`, "7 8 <nil>", 1},
		{"Scan over lines", []string{"1", "", "2 3", "never"}, `var a, b, c int; n, err := fmt.Scan(&a, &b, &c); fmt.Print(a, b, c, n, err)`, "1 2 3 3 <nil>", 3},
		{"Scan leaves the rest", []string{"1 2"}, `var a, b int; fmt.Scan(&a); fmt.Scan(&b); fmt.Print(a, b)`, "1 2", 1},
		{"Scan, then Scanln", []string{"1", "x"}, `var n int; var s string; fmt.Scan(&n); fmt.Scanln(&s); fmt.Print(n, s)`, "1x", 2},
		{"Scanf", []string{"5-6", "7"}, `var a, b, c int; n, err := fmt.Scanf("%d-%d", &a, &b); fmt.Scanf("%d", &c); fmt.Print(a, b, c, n, err)`, "5 6 7 2 <nil>", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &lines{typed: tt.typed}
			h := &fakeHost{in: in}
			if strings.Contains(tt.name, "without a newline") {
				in.rest, in.asked = tt.typed[0], len(tt.typed)
			}
			it := session(t, h, "fmt")
			run(t, it, types, "func() { "+tt.cell+" }()")
			if got := h.out.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if in.asked != tt.asked {
				t.Errorf("got %d lines asked for, want %d", in.asked, tt.asked)
			}
		})
	}
}

// TestScanError has a client that takes no input.
func TestScanError(t *testing.T) {
	h := &fakeHost{in: failing{}}
	it := session(t, h, "fmt")
	run(t, it, `func() { var s string; n, err := fmt.Scanln(&s); m, err2 := fmt.Scan(&s); fmt.Print(n, err, m, err2) }()`)
	if got, want := h.out.String(), "0 no input here 0 no input here"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, fmt.Errorf("no input here") }

func TestFlag(t *testing.T) {
	args := os.Args
	os.Args = []string{"cell"}
	t.Cleanup(func() { os.Args = args })
	for _, tt := range []struct{ name, cell, out, err string }{
		{"own set, wrong flag", `func() {
			defer func() { fmt.Println("recovered:", recover()) }()
			flag.NewFlagSet("x", flag.ExitOnError).Parse([]string{"-n"})
		}()`, "recovered: flag provided but not defined: -n\n", "flag provided but not defined: -n\nUsage of x:\n"},
		{"own set, right flag", `func() {
			fs := flag.NewFlagSet("x", flag.ExitOnError)
			n := fs.Int("n", 1, "")
			fs.Parse([]string{"-n", "5"})
			fmt.Println(*n)
		}()`, "5\n", ""},
		{"command line", `func() { flag.Parse(); fmt.Println(flag.NArg()) }()`, "0\n", ""},
		{"command line, wrong flag", `func() {
			defer func() { fmt.Println("recovered:", recover()) }()
			flag.Usage = func() {}
			flag.CommandLine.Parse([]string{"-nosuch"})
		}()`, "recovered: flag provided but not defined: -nosuch\n", "flag provided but not defined: -nosuch\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			usage := flag.Usage
			t.Cleanup(func() { flag.Usage = usage })
			h := new(fakeHost)
			it := session(t, h, "fmt", "flag")
			run(t, it, tt.cell)
			if h.out.String() != tt.out || h.err.String() != tt.err {
				t.Errorf("got %q and %q, want %q and %q", &h.out, &h.err, tt.out, tt.err)
			}
		})
	}
}

func TestImport(t *testing.T) {
	h := new(fakeHost)
	it := session(t, h)
	err := cellsym.Import(it, h, "fmt", "no/such", "strings")
	if err == nil || !strings.Contains(err.Error(), `"no/such"`) {
		t.Errorf("unknown path: got error %v, want one that names it", err)
	}
	if _, err := it.Eval(`import "strings"`); err == nil {
		t.Error("a package beside an unknown one was loaded")
	}
	other := new(fakeHost)
	for _, h := range []cellsym.Host{h, other} {
		if err := cellsym.Import(it, h, cellsym.Paths()...); err != nil {
			t.Fatal(err)
		}
	}
	run(t, it, `import ("fmt"; "strings"; "log")`, `func() { fmt.Print(strings.ToUpper("a")); log.Print("b") }()`)
	if h.out.String() != "A" || h.err.String() != "b\n" || other.out.Len()+other.err.Len() > 0 {
		t.Errorf("first host got %q, %q; second %q, %q; want all at the first", &h.out, &h.err, &other.out, &other.err)
	}
	const ours = 3 // lab, display, measure
	if got, want := len(cellsym.Paths()), len(stdsym.Paths())+ours; got != want || !slices.IsSorted(cellsym.Paths()) {
		t.Errorf("Paths: got %d, want %d, sorted", got, want)
	}
}

// TestImportOnce sees that a symbol of a loaded package is not put back.
func TestImportOnce(t *testing.T) {
	h := new(fakeHost)
	it := session(t, h, "strings")
	own := reflect.ValueOf(func(string) string { return "own" })
	if err := it.Use(stdsym.Exports{stdsym.Key("strings", "strings"): {"ToUpper": own}}); err != nil {
		t.Fatal(err)
	}
	if err := cellsym.Import(it, h, "strings"); err != nil {
		t.Fatal(err)
	}
	if got := run(t, it, `strings.ToUpper("a")`).String(); got != "own" {
		t.Errorf("got %q: the package was loaded again", got)
	}
}

// TestTwoInterpreters has hosts that must not be mixed up.
func TestTwoInterpreters(t *testing.T) {
	a, b := new(fakeHost), new(fakeHost)
	for _, it := range []*interp.Interpreter{session(t, a, "fmt"), session(t, b, "fmt")} {
		run(t, it, types, `fmt.Println(day(1))`)
	}
	if a.out.String() != "Tue\n" || b.out.String() != "Tue\n" {
		t.Errorf("got %q and %q, want a line each", &a.out, &b.out)
	}
}
