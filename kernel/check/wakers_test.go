package check_test

import "testing"

func TestSecluded(t *testing.T) {
	for _, tt := range []struct {
		code string
		want bool
	}{
		{"c := make(chan int)\n<-c", true},
		{"var wg sync.WaitGroup\nwg.Add(1)\nwg.Wait()\ntime.Sleep(time.Second)", true},
		{"<-time.After(time.Second)", false},
		{"after := time.After\n<-after(1)", false},
		{"t := time.NewTimer(1)\nselect { case <-t.C: }", false},
		{"func wait(ctx context.Context) { <-ctx.Done() }", false},
		{"type job struct{ tick *time.Ticker }\nfunc (j job) next() { <-j.tick.C }", false},
		{"func next(c <-chan time.Time) { <-c }", false},
		{"c := make(chan os.Signal, 1)\nsignal.Notify(c)\n<-c", false},
	} {
		if got := newNotebook(t).run(tt.code).Secluded(); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.code, got, tt.want)
		}
	}
}
