package stdsym_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/session/stdsym"
)

// prepared returns an interpreter as a session makes it, with some packages.
func prepared(t testing.TB, options interp.Options, paths ...string) *interp.Interpreter {
	t.Helper()
	it := interp.New(options)
	if err := stdsym.Prepare(it); err != nil {
		t.Fatal(err)
	}
	use(t, it, paths...)
	return it
}

func use(t testing.TB, it *interp.Interpreter, paths ...string) {
	t.Helper()
	x, err := stdsym.Import(paths...)
	if err != nil {
		t.Fatal(err)
	}
	if err := it.Use(x); err != nil {
		t.Fatal(err)
	}
}

func eval(t testing.TB, it *interp.Interpreter, cells ...string) reflect.Value {
	t.Helper()
	var v reflect.Value
	for _, cell := range cells {
		var err error
		if v, err = it.Eval(cell); err != nil {
			t.Fatalf("%s: %v", cell, err)
		}
	}
	return v
}

// TestCells runs the last cell of each case and compares its value as fmt
// prints it.
func TestCells(t *testing.T) {
	for _, tt := range []struct {
		name    string
		imports string
		cells   []string
		want    string
	}{
		{"variable is the package's own", "flag", []string{`func set() { flag.Usage = func() {} }`, `set()`, `flag.Usage == nil`}, "false"},
		{"untyped float constant", "math", []string{`float32(math.MaxFloat32) < math.MaxFloat64`}, "true"},
		{"uint64 constant", "math", []string{`uint64(math.MaxUint64)`}, "18446744073709551615"},
		{"typed constant", "fmt time", []string{`fmt.Sprint(time.Second)`}, "1s"},
		{"alias", "io/fs os", []string{`var m fs.FileMode = os.ModeDir`, `m.IsDir()`}, "true"},
		{"same base name", "math/rand/v2", []string{`rand.IntN(1)`}, "0"},
		{"os/exec", "os/exec", []string{`exec.Command("a", "b").String()`}, "a b"},
		{"syscall", "syscall os", []string{`syscall.Getpid() == os.Getpid()`}, "true"},
		{"unsafe", "unsafe", []string{`n := int64(7)`, `*(*int32)(unsafe.Pointer(&n))`}, "7"},
		{"go 1.25: sync.WaitGroup.Go", "sync", []string{
			`func f() int { var wg sync.WaitGroup; n := 0; wg.Go(func() { n++ }); wg.Wait(); return n }`, `f()`,
		}, "1"},
		{"wrapper of a package not imported", "bufio", []string{
			`type ones struct{ n int }`,
			`func (o *ones) Read(b []byte) (int, error) { o.n++; b[0] = byte('0' + o.n); return 1, nil }`,
			`s, _ := bufio.NewReader(&ones{}).ReadString('3')`, `s`,
		}, "123"},
		{"wrapper with two interfaces", "io strings", []string{
			`type direct struct{}`,
			`func (direct) Read(b []byte) (int, error) { return 0, io.ErrNoProgress }`,
			`func (direct) WriteTo(w io.Writer) (int64, error) { n, err := io.WriteString(w, "direct"); return int64(n), err }`,
			`var b strings.Builder`, `_, _ = io.Copy(&b, direct{})`, `b.String()`,
		}, "direct"},
		{"sort.Interface", "sort", []string{
			`type byLen []string`,
			`func (s byLen) Len() int { return len(s) }`,
			`func (s byLen) Less(i, j int) bool { return len(s[i]) < len(s[j]) }`,
			`func (s byLen) Swap(i, j int) { s[i], s[j] = s[j], s[i] }`,
			`words := []string{"ccc", "a", "bb"}`, `sort.Sort(byLen(words))`, `words`,
		}, "[a bb ccc]"},
		{"Stringer", "fmt", []string{
			`type day int`, `func (d day) String() string { return "day" }`,
			`fmt.Sprintf("%v %s %6v %q %d %#v", day(3), day(3), day(3), day(3), day(3), day(3))`,
		}, `day day    day "day" 3 3`},
		{"error", "fmt", []string{
			`type fault struct{ n int }`, `func (f *fault) Error() string { return fmt.Sprint("fault ", f.n) }`,
			`fmt.Sprint(&fault{1}, " ", fmt.Errorf("in: %w", &fault{2}))`,
		}, "fault 1 in: fault 2"},
		{"errors.Is by pointer", "errors fmt", []string{
			`type fault struct{ n int }`, `func (f *fault) Error() string { return "fault" }`,
			`a, b := &fault{1}, &fault{1}`,
			`fmt.Sprint(errors.Is(fmt.Errorf("in: %w", a), a), errors.Is(a, b))`,
		}, "true false"},
		{"errors.Is by Unwrap", "errors fmt io", []string{
			`type fault struct{}`, `func (fault) Error() string { return "fault" }`, `func (fault) Unwrap() error { return io.EOF }`,
			`fmt.Sprint(errors.Is(fmt.Errorf("in: %w", fault{}), io.EOF), errors.Is(fault{}, io.ErrNoProgress))`,
		}, "true false"},
		{"errors.Is by Unwrap of several", "errors fmt io os", []string{
			`type fault struct{}`, `func (fault) Error() string { return "fault" }`,
			`func (fault) Unwrap() []error { return []error{os.ErrExist, io.EOF} }`,
			`fmt.Sprint(errors.Is(fault{}, io.EOF), errors.Is(fault{}, os.ErrExist), errors.Is(fault{}, io.ErrNoProgress))`,
		}, "true true false"},
		{"errors.Is by Is", "errors fmt io", []string{
			`type fault struct{}`, `func (fault) Error() string { return "fault" }`, `func (fault) Is(err error) bool { return err == io.EOF }`,
			`fmt.Sprint(errors.Is(fault{}, io.EOF), errors.Is(fault{}, io.ErrNoProgress))`,
		}, "true false"},
		{"json", "encoding/json", []string{
			`type hidden struct{}`, `func (hidden) MarshalJSON() ([]byte, error) { return []byte("7"), nil }`,
			`b, _ := json.Marshal(hidden{})`, `string(b)`,
		}, "7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			paths := strings.Fields(tt.imports)
			it := prepared(t, interp.Options{Unrestricted: true}, paths...)
			for _, path := range paths {
				eval(t, it, fmt.Sprintf("import %q", path))
			}
			v := eval(t, it, tt.cells...)
			if got := fmt.Sprint(v); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestUseAfterEval holds what doc.go says of the order of Use and Eval.
func TestUseAfterEval(t *testing.T) {
	it := prepared(t, interp.Options{})
	if _, err := it.Eval(`import "strings"`); err == nil {
		t.Error("import of a package without wrappers before Use: got no error")
	}
	eval(t, it, `import "io"`)
	if _, err := it.Eval(`io.Discard`); err == nil || !strings.Contains(err.Error(), "no symbol Discard") {
		t.Errorf("name of a package with wrappers before Use: got error %v, want that there is no symbol", err)
	}
	use(t, it, "io", "strings")
	eval(t, it, `io.Discard`, `import "strings"`, `func old() string { return strings.ToUpper("a") }`)

	symbols, _ := stdsym.Lookup("strings")
	symbols["ToUpper"] = reflect.ValueOf(func(string) string { return "replaced" })
	if err := it.Use(stdsym.Exports{stdsym.Key("strings", "strings"): symbols}); err != nil {
		t.Fatal(err)
	}
	if got := eval(t, it, `old() + " " + strings.ToUpper("a")`).String(); got != "A replaced" {
		t.Errorf("got %q, want earlier code with the old symbol and new code with the new", got)
	}
}

// TestUseWhileRunning imports packages beside a goroutine of an earlier cell.
// It counts under -race.
func TestUseWhileRunning(t *testing.T) {
	it := prepared(t, interp.Options{}, "fmt", "bufio", "strings")
	run := eval(t, it,
		`import ("fmt"; "bufio")`,
		`type day int`, `func (day) String() string { return "day" }`,
		`type ones struct{}`, `func (*ones) Read(b []byte) (int, error) { b[0] = '1'; return 1, nil }`,
		`func run(started, stop chan bool) (s string) {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return s
				default:
				}
				b, _ := bufio.NewReader(&ones{}).ReadByte()
				s = fmt.Sprint(day(3), " ", b)
				if n == 0 { close(started) }
			}
		}`, `run`).Interface().(func(chan bool, chan bool) string)
	started, stop, result := make(chan bool), make(chan bool), make(chan string)
	go func() { result <- run(started, stop) }()
	<-started
	use(t, it, stdsym.Paths()...)
	close(stop)
	if got, want := <-result, "day 49"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestKeyHidesFmt shows that the streams of the interpreter's options stay
// unused, and that a session can put its own functions in place of fmt's.
func TestKeyHidesFmt(t *testing.T) {
	var options, own bytes.Buffer
	it := prepared(t, interp.Options{Stdout: &options}, "fmt", "os")
	symbols, _ := stdsym.Lookup("fmt")
	print := reflect.ValueOf(func(a ...any) (int, error) { return fmt.Fprintln(&own, a...) })
	symbols["Println"] = print
	methods := map[reflect.Value][]reflect.Type{print: stdsym.MapTypes()[reflect.ValueOf(fmt.Println)]}
	err := it.Use(stdsym.Exports{
		stdsym.Key("fmt", "fmt"): symbols,
		".":                      {"MapTypes": reflect.ValueOf(methods)},
	})
	if err != nil {
		t.Fatal(err)
	}
	eval(t, it, `import "fmt"`, `type day int`, `func (day) String() string { return "day" }`, `fmt.Println(day(3), 4)`)
	if got, want := own.String(), "day 4\n"; got != want {
		t.Errorf("own writer: got %q, want %q", got, want)
	}
	if options.Len() > 0 {
		t.Errorf("the writer of the options got %q", &options)
	}
}

func BenchmarkStart(b *testing.B) {
	b.Run("New", func(b *testing.B) {
		for b.Loop() {
			interp.New(interp.Options{})
		}
	})
	b.Run("Prepare", func(b *testing.B) {
		for b.Loop() {
			prepared(b, interp.Options{})
		}
	})
	for _, path := range []string{"fmt", "net/http", "syscall"} {
		it := prepared(b, interp.Options{})
		b.Run("Use "+path, func(b *testing.B) {
			for b.Loop() {
				use(b, it, path)
			}
		})
	}
}
