package cellsym_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"lockstep/exec/measure"
	"lockstep/kernel/display"
	"lockstep/lab"
)

// screen is a session that keeps what cells display.
type screen struct {
	mu    sync.Mutex
	shown []display.Message
}

func (s *screen) Show(m display.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = append(s.shown, m)
}

const shownTypes = `
type page struct{ a, b int }
func (p page) HTML() string { return fmt.Sprintf("<p>%d %d</p>", p.a, p.b) }
type titled struct{ title string; n int }
func (t *titled) SVG() []byte { return []byte("<svg>" + t.title + "</svg>") }
func (t *titled) String() string { return t.title }
type formula string
func (f formula) Latex() (string, error) { if f == "" { return "", errors.New("empty") }; return "$"+string(f)+"$", nil }
type note string
func (n note) Markdown() string { return "*" + string(n) + "*" }
type script string
func (s script) JavaScript() string { return string(s) }
type tree string
func (t tree) JSON() []byte { return []byte(t) }
type pixels []byte
func (p pixels) PNG() []byte { return p }
type photo struct{ data []byte }
func (p photo) JPEG() ([]byte, error) { return p.data, nil }
type odd int
func (odd) HTML(int) string { return "" }
type day int
func (d day) String() string { return "Tue" }
type encoded struct{ a, b int }
func (e encoded) MarshalJSON() ([]byte, error) { return []byte("[5]"), nil }
type red struct{}
func (red) ColorModel() color.Model { return color.RGBAModel }
func (red) Bounds() image.Rectangle { return image.Rect(0, 0, 2, 3) }
func (red) At(x, y int) color.Color { return color.RGBA{255, 0, 0, 255} }
`

// TestDisplay runs cells that show something, and compares one format of the
// last output.
func TestDisplay(t *testing.T) {
	for _, tt := range []struct{ name, cell, mime, want string }{
		{"HTML", `display.HTML("<b>x</b>")`, display.MIMEHTML, "<b>x</b>"},
		{"text of HTML", `display.HTML("<b>x</b>")`, display.MIMEText, "x"},
		{"Markdown", `display.Markdown("*x*")`, display.MIMEMarkdown, "*x*"},
		{"PNG", `display.PNG([]byte{1, 2})`, display.MIMEPNG, "AQI="},
		{"handle", `func() { h := display.HTML("a"); h.HTML("b") }()`, display.MIMEHTML, "b"},
		{"progress", `func() { b := display.Progress(4); b.Add(4); b.Done() }()`, display.MIMEText, "4 of 4"},
		{"JSON", `display.JSON(map[string]int{"a": 1})`, display.MIMEJSON, `{"a":1}`},
		{"JSON of a type with MarshalJSON", `display.JSON(encoded{1, 2})`, display.MIMEJSON, "[5]"},
		{"Image", `display.Image(red{})`, display.MIMEText, "2 × 3"},
		{"constant", `display.HTML(display.MIMEPNG)`, display.MIMEHTML, "image/png"},

		{"Any", `display.Any(3)`, display.MIMEText, "3"},
		{"Any with String", `display.Any(day(1))`, display.MIMEText, "Tue"},
		{"Any with Error", `display.Any(errors.New("bad"))`, display.MIMEText, "bad"},
		{"Any with HTML", `display.Any(page{1, 2})`, display.MIMEHTML, "<p>1 2</p>"},
		{"Any with HTML, text", `display.Any(page{1, 2})`, display.MIMEText, "<p>1 2</p>"},
		{"Any with SVG by pointer", `display.Any(&titled{"x", 1})`, display.MIMESVG, "<svg>x</svg>"},
		{"Any with SVG and String", `display.Any(&titled{"x", 1})`, display.MIMEText, "x"},
		{"Any with Latex that can fail", `display.Any(formula("x"))`, display.MIMELatex, "$x$"},
		{"Any with Latex that fails", `display.Any(formula(""))`, display.MIMEText, "(method Latex: empty)"},
		{"Any with Markdown", `display.Any(note("x"))`, display.MIMEMarkdown, "*x*"},
		{"Any with JavaScript", `display.Any(script("1"))`, display.MIMEJavaScript, "1"},
		{"Any with JSON", `display.Any(tree("[1]"))`, display.MIMEJSON, "[1]"},
		{"Any with PNG", `display.Any(pixels{1, 2})`, display.MIMEPNG, "AQI="},
		{"Any with PNG, text", `display.Any(pixels{1, 2})`, display.MIMEText, "PNG image"},
		{"Any with JPEG that can fail", `display.Any(photo{[]byte{1, 2}})`, display.MIMEJPEG, "AQI="},
		{"Any with an image", `display.Any(red{})`, display.MIMEText, "2 × 3"},
		{"Any with a method of another kind", `display.Any(odd(1))`, display.MIMEText, "func(int) string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := new(screen)
			display.SetHost(s)
			t.Cleanup(func() { display.SetHost(nil) })
			it := session(t, new(fakeHost), "fmt", "errors", "image", "image/color", "lockstep/kernel/display")
			run(t, it, shownTypes, tt.cell)
			display.Flush()
			if len(s.shown) == 0 {
				t.Fatal("nothing was shown")
			}
			last := s.shown[len(s.shown)-1]
			if got := fmt.Sprintf("%s", last.Bundle.Data[tt.mime]); !strings.Contains(got, tt.want) || got != tt.want && tt.mime != display.MIMEText {
				t.Errorf("got %q, want %q; all of it: %v", got, tt.want, last.Bundle.Data)
			}
		})
	}
}

// TestSources has a wrapper for every display method that package display knows.
func TestSources(t *testing.T) {
	s := new(screen)
	display.SetHost(s)
	t.Cleanup(func() { display.SetHost(nil) })
	it := session(t, new(fakeHost), "lockstep/kernel/display", "image", "image/color")
	for _, name := range display.Methods() {
		switch name {
		case "ColorModel", "Bounds", "At": // those of an image, only together
			continue
		}
		s.shown = nil
		run(t, it, fmt.Sprintf(`type with%s int; func (with%s) %s() string { return "[7]" }`, name, name, name),
			fmt.Sprintf(`display.Any(with%s(1))`, name))
		found := 0
		for mime, v := range s.shown[0].Bundle.Data {
			if got := fmt.Sprintf("%s", v); got == "[7]" || got == "Wzdd" {
				found++
			} else if mime != display.MIMEText {
				t.Errorf("%s: %s is %q", name, mime, got)
			}
		}
		if found == 0 {
			t.Errorf("%s: the method shows nowhere in %v", name, s.shown[0].Bundle.Data)
		}
	}
}

// TestLab uses the objects of package lab from cells.
func TestLab(t *testing.T) {
	for _, tt := range []struct{ name, cell, want string }{
		{"Lock", `
			l := lab.NewLock("l"); n := 0
			var wg sync.WaitGroup
			wg.Add(4)
			count := func() { defer wg.Done(); for j := 0; j < 50; j++ { l.Lock(); n++; l.Unlock() } }
			for i := 0; i < 4; i++ { go count() }
			wg.Wait()
			fmt.Print(n, l.Locked())`, "200 false"},
		{"zero value", `var l lab.Lock; l.Lock(); fmt.Print(l.TryLock()); l.Unlock(); fmt.Print(l.TryLock())`, "falsetrue"},
		{"With", `l := lab.NewLock(); l.With(func() { fmt.Print(l.Locked()) }); fmt.Print(l.Locked())`, "truefalse"},
		{"misuse", `
			defer func() { e := recover(); m, ok := e.(*lab.MisuseError); fmt.Print(ok, " ", m.Op, " ", m.Object) }()
			lab.NewLock("accounts").Unlock()`, `true Unlock lock "accounts"`},
		{"RLock", `l := lab.NewRLock(); l.Lock(); l.Lock(); l.Unlock(); fmt.Print(l.Locked()); l.Unlock(); fmt.Print(l.Locked())`, "truefalse"},
		{"Semaphore", `s := lab.NewSemaphore(2); s.Acquire(); fmt.Print(s.Value(), s.TryAcquire(), s.TryAcquire())`, "1 true false"},
		{"BoundedSemaphore", `s := lab.NewBoundedSemaphore(1); s.Acquire(); s.Release(); fmt.Print(s.Value())`, "1"},
		{"Event", `e := lab.NewEvent(); go e.Set(); e.Wait(); fmt.Print(e.IsSet())`, "true"},
		{"Condition", `
			l := lab.NewLock(); c := lab.NewCondition(l); ready := false
			go func() { c.With(func() { ready = true; c.Broadcast() }) }()
			c.Lock(); c.WaitUntil(func() bool { return ready }); c.Unlock(); fmt.Print(ready)`, "true"},
		{"Barrier", `
			b := lab.NewBarrier(2); done := make(chan int)
			go func() { done <- b.Wait() }()
			n := b.Wait(); fmt.Print(n + <-done)`, "1"},
		{"Queue", `
			q := lab.NewQueue(0)
			go func() { for i := 0; i < 4; i++ { q.Put(i) }; q.Close() }()
			n := 0
			q.All()(func(v any) bool { n = n*10 + v.(int); return true })
			fmt.Print(n, q.Len())`, "123 0"},
		{"Queue of interpreted values", `
			q := lab.NewQueue(1); q.Put(point{1, 2}); p := q.Get().(point); fmt.Print(p.x, p.y)`, "1 2"},
		{"Queue of closures", `q := lab.NewQueue(1); q.Put(func() int { return 5 }); fmt.Print(q.Get().(func() int)())`, "5"},
		{"Pipe", `a, b := lab.NewPipe(); go a.Send("x"); fmt.Print(b.Recv())`, "x"},
		{"Shell", `s, err := lab.Shell{Env: []string{"A=b"}}.Output("echo $A"); fmt.Print(s, err)`, "b\n<nil>"},
		{"Shell in a variable", `var sh lab.Shell; sh.Dir = "/"; s, _ := sh.Output("pwd"); fmt.Print(s)`, "/\n"},
		{"error of Shell", `err := lab.Shell{}.Run("exit 3"); var e *lab.ShellError; fmt.Print(errors.As(err, &e), e.Code)`, "true 3"},
		{"CPUCount", `fmt.Print(lab.CPUCount() > 0)`, "true"},
		{"Outside", `n := 0; lab.Outside(func() { n++ }); fmt.Print(n)`, "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := new(fakeHost)
			it := session(t, h, "fmt", "errors", "sync", "lockstep/lab")
			run(t, it, `type point struct{ x, y int }`, "func() { "+tt.cell+" }()")
			if got := h.out.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestInterpretedHost passes interpreted types to the interfaces that package lab declares.
func TestInterpretedHost(t *testing.T) {
	it := session(t, new(fakeHost), "io", "os", "lockstep/lab")
	h, ok := run(t, it, `
		type host struct{ outside *int }
		func (h *host) Caller() lab.Caller { return lab.Caller{Worker: 7} }
		func (h *host) Block(f func()) { f() }
		func (h *host) Outside(f func()) { *h.outside++; f() }
		func (h *host) Done() <-chan struct{} { return nil }
		func (h *host) Stdio() (*os.File, io.Writer, io.Writer) { return nil, nil, nil }`,
		`func made() lab.Host { n := 0; return &host{&n} }`, `made`).Interface().(func() lab.Host)
	if !ok {
		t.Fatal("the cell's function returns no lab.Host")
	}
	if got := h().Caller().Worker; got != 7 {
		t.Errorf("Caller: got worker %d, want 7", got)
	}
}

// TestResult reads the fields of a saved comparison.
func TestResult(t *testing.T) {
	h := new(fakeHost)
	it := session(t, h, "fmt", "lockstep/lab")
	show := run(t, it, `func show(r *lab.Result) {
		fmt.Print(r.Title, r.Machine.CPUs, r.Workers[1], len(r.Runs), r.Warnings == nil)
		for _, run := range r.Runs { fmt.Print(" ", run.Mode) }
	}`, `show`).Interface()
	r := &measure.Result{Title: "t", Machine: measure.Machine{CPUs: 3}, Workers: []int{1, 9}, Runs: []measure.Run{{Mode: "simple"}, {Mode: "async"}}}
	f, ok := show.(func(*measure.Result))
	if !ok {
		t.Fatalf("got %T, want a function of *measure.Result", show)
	}
	f(r)
	if got, want := h.out.String(), "t3 9 2 true simple async"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWrappers has a wrapper in the table for every interface that an
// interpreted type can implement: without one, yaegi crashes.
func TestWrappers(t *testing.T) {
	it := session(t, new(fakeHost), "lockstep/lab", "lockstep/kernel/display")
	for _, path := range []string{"lockstep/lab", "lockstep/kernel/display"} {
		symbols := it.Symbols(path)[path]
		for name, v := range symbols {
			if v.Kind() != reflect.Pointer || v.Type().Elem().Kind() != reflect.Interface {
				continue
			}
			iface, hidden := v.Type().Elem(), false
			for i := range iface.NumMethod() {
				hidden = hidden || iface.Method(i).PkgPath != ""
			}
			w, ok := symbols["_"+name]
			if hidden {
				continue
			}
			if !ok || !w.Type().Elem().Implements(iface) {
				t.Errorf("%s.%s has no wrapper", path, name)
			}
		}
	}
}
