package display

import (
	"encoding/json"
	"errors"
	"image"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// recorder is a Host that keeps what it is shown.
type recorder struct {
	mu       sync.Mutex
	messages []Message
}

func (r *recorder) Show(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
}

func (r *recorder) take() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	ms := r.messages
	r.messages = nil
	return ms
}

func record(t *testing.T) *recorder {
	r := &recorder{}
	SetHost(r)
	t.Cleanup(func() { current.Store(nil) })
	return r
}

func TestCalls(t *testing.T) {
	r := record(t)
	gray := image.NewGray(image.Rect(0, 0, 2, 2))
	for _, tt := range []struct {
		name     string
		show     func() *Handle
		update   func(*Handle)
		mime     string
		want     any // shown and updated; nil: anything not empty
		wantText string
	}{
		{"HTML", func() *Handle { return HTML("<p>a &lt; b</p><p>c</p>") }, func(h *Handle) { h.HTML("<p>a &lt; b</p><p>c</p>") },
			MIMEHTML, "<p>a &lt; b</p><p>c</p>", "a < b\nc"},
		{"Markdown", func() *Handle { return Markdown("*a*") }, func(h *Handle) { h.Markdown("*a*") }, MIMEMarkdown, "*a*", "*a*"},
		{"SVG", func() *Handle { return SVG("<svg/>") }, func(h *Handle) { h.SVG("<svg/>") }, MIMESVG, "<svg/>", "SVG image, 6 bytes"},
		{"Latex", func() *Handle { return Latex("$x$") }, func(h *Handle) { h.Latex("$x$") }, MIMELatex, "$x$", "$x$"},
		{"JavaScript", func() *Handle { return JavaScript("1") }, func(h *Handle) { h.JavaScript("1") }, MIMEJavaScript, "1", "1"},
		{"PNG", func() *Handle { return PNG([]byte("p")) }, func(h *Handle) { h.PNG([]byte("p")) }, MIMEPNG, "cA==", "PNG image, 1 byte"},
		{"JPEG", func() *Handle { return JPEG([]byte("j")) }, func(h *Handle) { h.JPEG([]byte("j")) }, MIMEJPEG, "ag==", "JPEG image, 1 byte"},
		{"JSON", func() *Handle { return JSON(map[string]int{"a": 1}) }, func(h *Handle) { h.JSON(map[string]int{"a": 1}) },
			MIMEJSON, json.RawMessage(`{"a":1}`), "{\n  \"a\": 1\n}"},
		{"JSON text", func() *Handle { return JSON(`[1]`) }, func(h *Handle) { h.JSON([]byte(`[1]`)) }, MIMEJSON, json.RawMessage(`[1]`), "[\n  1\n]"},
		{"JSON of a plain string", func() *Handle { return JSON("a b") }, func(h *Handle) { h.JSON("a b") }, MIMEJSON, json.RawMessage(`"a b"`), `"a b"`},
		{"Image", func() *Handle { return Image(gray) }, func(h *Handle) { h.Image(gray) }, MIMEPNG, nil, "image, 2 × 2 pixels"},
		{"Any", func() *Handle { return Any([]int{1}) }, func(h *Handle) { h.Any([]int{1}) }, MIMEText, "[]int{1}", "[]int{1}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := tt.show()
			tt.update(h)
			ms := r.take()
			if len(ms) != 2 || ms[0].Action != Show || ms[1].Action != Update || ms[0].ID != h.ID() || ms[1].ID != h.ID() || h.ID() == "" {
				t.Fatalf("got %v, want a Show and an Update with the id %q", ms, h.ID())
			}
			for _, m := range ms {
				got := m.Bundle.Data[tt.mime]
				if tt.want != nil && !reflect.DeepEqual(got, tt.want) || got == nil || m.Bundle.Data[MIMEText] != tt.wantText {
					t.Errorf("got %v and text %q; want %v and %q", got, m.Bundle.Data[MIMEText], tt.want, tt.wantText)
				}
				if m.Bundle.Metadata == nil {
					t.Error("got no metadata; the protocol wants an object")
				}
			}
		})
	}
}

func TestClear(t *testing.T) {
	r := record(t)
	Clear(false)
	Clear(true)
	h := HTML("x")
	h.Clear()
	ms := r.take()
	if ms[0].Action != ClearNow || ms[1].Action != ClearLater || ms[3].Action != Update || ms[3].ID != h.ID() || ms[3].Bundle.Data[MIMEText] != "" {
		t.Errorf("got %v", ms)
	}
}

func TestIDsAreUnique(t *testing.T) {
	record(t)
	seen := map[string]bool{}
	for range 2 { // a second session must not use the ids of the first
		for range 100 {
			if id := HTML("").ID(); seen[id] {
				t.Fatalf("id %q twice", id)
			} else {
				seen[id] = true
			}
		}
		SetHost(&recorder{})
	}
}

func TestMisuse(t *testing.T) {
	panicOf := func(f func()) (err error) {
		defer func() { err, _ = recover().(error) }()
		f()
		return nil
	}
	for name, f := range map[string]func(){
		"display.HTML": func() { HTML("") }, "display.Any": func() { Any(1) },
		"display.Progress": func() { Progress(1) }, "display.Clear": func() { Clear(true) },
	} {
		var e *NoHostError
		if err := panicOf(f); !errors.As(err, &e) || !strings.HasPrefix(err.Error(), name+": no session") {
			t.Errorf("%s without a host: got %v", name, err)
		}
	}
	r := record(t)
	var e *ArgumentError
	if err := panicOf(func() { JSON(make(chan int)) }); !errors.As(err, &e) || e.Error() != "display.JSON: json: unsupported type: chan int" {
		t.Errorf("got %v", err)
	}
	if ms := r.take(); len(ms) != 0 {
		t.Errorf("JSON without a JSON form showed %v", ms)
	}
}

type formatter struct{ recorder }

func (*formatter) Format(v any) Bundle { return Bundle{Data: map[string]any{MIMEText: "mine"}} }

func TestAnyAsksTheHost(t *testing.T) {
	record(t)
	f := &formatter{}
	SetHost(f)
	Any(1).Any(2)
	for _, m := range f.take() {
		if m.Bundle.Data[MIMEText] != "mine" {
			t.Errorf("got %v", m.Bundle.Data)
		}
	}
}

func texts(ms []Message) []string {
	var ts []string
	for _, m := range ms {
		ts = append(ts, m.Bundle.Data[MIMEText].(string))
	}
	return ts
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record(t)
		b := Progress(200)
		for range 100 {
			b.Add(1)
		}
		b.Message("half")
		if got := r.take(); len(got) != 1 {
			t.Fatalf("a burst showed %q, want the empty bar alone", texts(got))
		}
		time.Sleep(barInterval)
		synctest.Wait()
		if got, want := texts(r.take()), []string{"[##########..........]  50 % (100 of 200) half"}; !reflect.DeepEqual(got, want) {
			t.Errorf("after the interval: got %q want %q", got, want)
		}
		b.Set(150)
		Flush()
		if got, want := texts(r.take()), []string{"[###############.....]  75 % (150 of 200) half"}; !reflect.DeepEqual(got, want) {
			t.Errorf("after Flush: got %q want %q", got, want)
		}
		b.Set(160)
		b.Done()
		b.Set(3)
		want := []string{"[####################] 100 % (200 of 200), done half"}
		got := r.take()
		if !reflect.DeepEqual(texts(got), want) {
			t.Errorf("after Done: got %q want %q", texts(got), want)
		}
		if html := got[0].Bundle.Data[MIMEHTML].(string); !strings.Contains(html, `<progress value="200" max="200"`) {
			t.Errorf("got %s", html)
		}
		time.Sleep(time.Second)
		if got := r.take(); len(got) != 0 {
			t.Errorf("a finished bar showed %q", texts(got))
		}
	})
}

func TestProgressWithoutEnd(t *testing.T) {
	r := record(t)
	h := HTML("x")
	r.take()
	b := h.Progress(0)
	b.Set(1234)
	b.Message("<b>")
	Flush()
	ms := r.take()
	html := ms[1].Bundle.Data[MIMEHTML].(string)
	if ms[0].ID != h.ID() || !strings.Contains(html, "<progress style") || !strings.Contains(html, "1,234 · &lt;b&gt;") {
		t.Errorf("got %v", ms)
	}
}

// However many goroutines move a bar, its last message is its last state, and
// there are about ten a second.
func TestProgressConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record(t)
		b := Progress(8000)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 1000 {
					b.Add(1)
					time.Sleep(time.Millisecond)
				}
			})
		}
		wg.Wait()
		time.Sleep(barInterval)
		synctest.Wait()
		got := texts(r.take())
		if last := got[len(got)-1]; !strings.Contains(last, "(8,000 of 8,000)") {
			t.Errorf("got %q last", last)
		}
		if len(got) < 10 || len(got) > 13 {
			t.Errorf("got %d messages in one second, want about 10: %q", len(got), got)
		}
	})
}

func TestHTMLText(t *testing.T) {
	for _, tt := range []struct{ source, want string }{
		{"a<br>b<hr/>c", "a\nbc"},
		{"<style>p{}</style><SCRIPT>if (a<b) {}</SCRIPT>text", "text"},
		{"<table><tr><th>x</th><td>1</td></tr><tr><td>2</td></tr></table>", "x 1\n2"},
		{"1 < 2", "1"},
		{"<>a</>", "a"},
		{"", ""},
	} {
		if got := htmlText(tt.source); got != tt.want {
			t.Errorf("%q: got %q want %q", tt.source, got, tt.want)
		}
	}
}
