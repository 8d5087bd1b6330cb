package check_test

import (
	"slices"
	"testing"
)

func TestLasting(t *testing.T) {
	for _, tt := range []struct {
		code string
		want []string
	}{
		{"x := 1\nx++\nfmt.Fprintln(os.Stderr, x, io.EOF)", nil},
		{"time.AfterFunc(1, func() {})", []string{"time.AfterFunc"}},
		{"later := time.AfterFunc\n_ = later", []string{"time.AfterFunc"}},
		{"func f() { os.Setenv(\"A\", \"b\") }", []string{"os.Setenv"}},
		{"os.Args = nil", []string{"os.Args"}},
		{"os.Args[0] += \"x\"", []string{"os.Args"}},
		{"http.DefaultClient.Timeout = 1\nlog.Default().SetPrefix(\"x\")", []string{"http.DefaultClient", "log.Default"}},
		{"http.DefaultTransport.(*http.Transport).MaxIdleConns++", []string{"http.DefaultTransport"}},
		{"args := &os.Args\n*args = nil", []string{"os.Args"}},
		{"for _, os.Args[0] = range []string{\"a\"} {\n}", []string{"os.Args"}},
		{"type s struct{ Args []string }\nvar os s\nos.Args = nil", nil},
		{"import \"log/slog\"\nslog.SetDefault(slog.New(slog.DiscardHandler))", []string{"slog.SetDefault"}},
	} {
		if got := newNotebook(t).run(tt.code).Lasting(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.code, got, tt.want)
		}
	}
}
