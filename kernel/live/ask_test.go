package live_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

// cut returns text without its | and where that was, in code points.
func cut(t testing.TB, text string) (string, int) {
	t.Helper()
	before, after, ok := strings.Cut(text, "|")
	if !ok {
		t.Fatalf("no | in %q", text)
	}
	return before + after, len([]rune(before))
}

// must runs a cell that may not fail.
func (n *notebook) must(code string) {
	n.t.Helper()
	if _, _, err := n.run(n.t.Context(), code); err != nil {
		n.t.Fatalf("%q: %v", code, err)
	}
}

func TestComplete(t *testing.T) {
	n := newNotebook(t)
	n.must("größe := 1\ntype P struct{ X int }\nfunc (p *P) Move() {}\nvar p P")
	tests := []struct {
		text, replaces, want string // want is kind:text, "" for nothing
	}{
		{"fmt.Printl|", "Printl", "function:Println"},
		{"s := \"世界\" + strings.ToU|", "ToU", "function:ToUpper"},
		{"fmt.Println(grö|ße)", "größe", "variable:größe"},
		{"x := 1\r\np.Mo|", "Mo", "method:Move"},
		{"%who\n!echo \"žluť 世界\np.Mo|", "Mo", "method:Move"},
		{"p.Mo|\n%who", "Mo", "method:Move"},
		{"%time p.Mo|", "Mo", "method:Move"},
		{"%timeit -n 10 -r3 p.Mo|", "Mo", "method:Move"},
		{"%%time\np.Mo|", "Mo", "method:Move"},
		{"%%compare -n 1,2\nwor|", "wor", "variable:workers"},
		{"%%serialized\nwor|", "wor", "variable:workers"},
		{"wor|", "wor", ""},
		{"%tim|", "%tim", "magic:%time"},
		{"%timeit -|", "-", "flag:-n"},
		{"!p.Mo|", "", ""},
		{"%%writefile a.txt\np.Mo|", "", ""},
		{"// p.Mo|", "", ""},
		{"%\np.Mo|", "Mo", "method:Move"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			code, pos := cut(t, tt.text)
			c := n.s.Complete(t.Context(), code, pos)
			var items []string
			for _, i := range c.Items {
				items = append(items, i.Kind+":"+i.Text)
			}
			if tt.want == "" {
				if len(items) > 0 {
					t.Errorf("got %v, want nothing", items)
				}
				return
			}
			if replaced := string([]rune(code)[c.Start:c.End]); replaced != tt.replaces {
				t.Errorf("replaces %q, want %q", replaced, tt.replaces)
			}
			if !slices.Contains(items, tt.want) {
				t.Errorf("want %s in %v", tt.want, items)
			}
		})
	}
}

func TestInspect(t *testing.T) {
	n := newNotebook(t)
	n.must("// Twice doubles.\nfunc Twice(n int) int { return n * 2 }\nxs := []int{1, 2, 3}")
	tests := []struct {
		text   string
		detail int
		want   []string // in the text; nil for not found
	}{
		{"fmt.Println|", 0, []string{"func Println(a ...any) (n int, err error)\n", "import \"fmt\"\n", "Println formats using the default formats"}},
		{"fmt.Println(|", 0, []string{"func Println("}},
		{"strings.Repeat|", 1, []string{"func Repeat(s string, count int) string\n", "panic(\"strings: negative Repeat count\")"}},
		{"Twice(|", 0, []string{"func Twice(n int) int\n", "declared in cell 1\n", "Twice doubles.\n"}},
		{"Twice(|", 1, []string{"return n * 2"}},
		{"xs|", 0, []string{"var xs []int\n", "value: []int{1, 2, 3}"}},
		{"xs|?", 0, []string{"var xs []int\n"}},
		{"%time Twice|(2)", 0, []string{"func Twice(n int) int\n"}},
		{"%timeit -n 5 Twice|(2)", 0, []string{"func Twice(n int) int\n"}},
		{"%ti|me Twice(2)", 0, []string{"%time"}},
		{"lab.Lock|", 0, []string{"type Lock struct", "import \"lockstep/lab\"", "func (l *Lock) "}},
		{"len(|", 0, []string{"func len(v Type) int\n", "predeclared", "returns the length"}},
		{"rand|", 0, []string{"package rand", "math/rand/v2", "crypto/rand"}},
		{"rand|", 1, []string{"func IntN(n int) int\n"}},
		{"nosuch|", 0, nil},
		{"sel|ect {\n}", 0, []string{"select { case … }\n", "a keyword\n", "select waits until one of several sends and receives can go on", "https://go.dev/ref/spec#Select_statements"}},
		{"for|", 0, []string{"repeats a block", "For statements"}},
		{"fmt.Println(func|() {})", 0, []string{"declares a function"}},
		{"%%writefile a.txt\nxs|", 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			code, pos := cut(t, tt.text)
			b, found := n.s.Inspect(t.Context(), code, pos, tt.detail)
			if found != (tt.want != nil) {
				t.Fatalf("found: got %v, want %v", found, !found)
			}
			text, _ := b.Data[display.MIMEText].(string)
			for _, w := range tt.want {
				if !strings.Contains(text, w) {
					t.Errorf("want %q in\n%s", w, text)
				}
			}
			if md, _ := b.Data[display.MIMEMarkdown].(string); found && md == "" {
				t.Error("no Markdown")
			}
		})
	}
	if b, _ := n.s.Inspect(t.Context(), "xs", 2, 0); !strings.HasPrefix(b.Data[display.MIMEMarkdown].(string), "```go\nvar xs []int\n```\n\n**Value**\n\n") {
		t.Errorf("Markdown: got %q", b.Data[display.MIMEMarkdown])
	}
}

// The process of a running cell is not asked, and the answer does not wait for it.
func TestQuestionsWhileACellRuns(t *testing.T) {
	n := newNotebook(t)
	n.must("xs := []int{1, 2, 3}")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	asked := make(chan struct{})
	out := &recorder{asked: asked}
	ended := make(chan lang.Result, 1)
	release := make(chan struct{})
	go func() {
		ended <- n.s.Execute(ctx, lang.Request{Code: "var line string\nfmt.Scanln(&line)", Count: 2, AllowInput: true}, waiting{out, release})
	}()
	<-asked
	b, found := n.s.Inspect(ctx, "xs", 2, 0)
	if text, _ := b.Data[display.MIMEText].(string); !found || !strings.Contains(text, "var xs []int") || strings.Contains(text, "value:") {
		t.Errorf("inspection while a cell runs: got %q", text)
	}
	if c := n.s.Complete(ctx, "fmt.Printl", 10); len(c.Items) != 1 {
		t.Errorf("completion while a cell runs: got %v", c.Items)
	}
	close(release)
	if r := <-ended; r.Err != nil {
		t.Error(r.Err)
	}
	if b, _ := n.s.Inspect(ctx, "xs", 2, 0); !strings.Contains(b.Data[display.MIMEText].(string), "value: []int{1, 2, 3}") {
		t.Errorf("inspection afterwards: got %q", b.Data[display.MIMEText])
	}
}

// waiting is an output whose input comes once release is closed.
type waiting struct {
	*recorder
	release chan struct{}
}

func (w waiting) Input(ctx context.Context, prompt string, password bool) (string, error) {
	_, _ = w.recorder.Input(ctx, prompt, password) // tells that it was asked
	select {
	case <-w.release:
		return "line", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func TestHelpLineShowsTheValue(t *testing.T) {
	n := newNotebook(t)
	n.must("xs := []int{1, 2, 3}")
	out := &pager{recorder: new(recorder)}
	if r := n.s.Execute(t.Context(), lang.Request{Code: "xs?", Count: 2}, out); r.Err != nil {
		t.Fatal(r.Err)
	}
	if text, _ := out.page.Data[display.MIMEText].(string); !strings.Contains(text, "value: []int{1, 2, 3}") {
		t.Errorf("got %q", text)
	}
}

type pager struct {
	*recorder
	page display.Bundle
}

func (p *pager) Page(b display.Bundle) { p.page = b }
