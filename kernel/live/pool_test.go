package live_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"lockstep/kernel/live"
)

// cells runs cells that must go well, and returns the text of the last value and all output.
func (n *notebook) cells(t *testing.T, codes ...string) (value, output string) {
	t.Helper()
	for _, code := range codes {
		v, out, err := n.run(t.Context(), code)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		value, output = v, output+out
	}
	return value, output
}

const poolCell = `type point struct {
	x, y int
	tags []string
}
var scale = 10
func square(i int) int { return i * i }
func grow(p point, by int) (point, error) {
	if p.x < 0 {
		return p, fmt.Errorf("x is %d", p.x)
	}
	return point{p.x * scale, p.y + by, append(p.tags, "grown")}, nil
}
func fail(how string) string {
	switch how {
	case "panic":
		var m map[string]int
		m["a"]++
	case "exit":
		os.Exit(7)
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "overflow":
		var f func(int) int
		f = func(i int) int { return f(i+1) + 1 }
		f(0)
	case "loop":
		for {
		}
	}
	return how
}`

// With compiled code errors keep their types; interpreted ones have them only there.
func TestErrorsOfFunctionsKeepTheirTypes(t *testing.T) {
	n := newNotebook(t)
	got, _ := n.cells(t, "func parse(s string) (int, error) { return strconv.Atoi(s) }", "pool := lab.NewPool(1)",
		"_, err := pool.Apply(parse, \"5x\")\nvar e *strconv.NumError\nfmt.Sprint(errors.As(err, &e), e.Num)")
	if want := `"true5x"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	n = newNotebook(t)
	if n.s == nil || os.Getenv(engineVariable) != live.Native {
		return
	}
	got, _ = n.cells(t, "type tooLarge struct{ by int }\nfunc (e *tooLarge) Error() string { return fmt.Sprint(\"too large by \", e.by) }\nfunc check(i int) error {\n\tif i > 10 {\n\t\treturn &tooLarge{i - 10}\n\t}\n\treturn nil\n}",
		"pool := lab.NewPool(1)", "_, err := pool.Apply(check, 12)\nvar e *tooLarge\nfmt.Sprint(errors.As(err, &e), e.by)")
	if want := `"true 2"`; got != want {
		t.Errorf("a type of the session: got %s, want %s", got, want)
	}
}

func TestPoolCallsFunctionsInProcesses(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, poolCell, "pool := lab.NewPool(2)")
	for _, tt := range []struct{ code, want string }{
		{"pool.Apply(square, 7)", "49"},
		{"v, err := pool.Map(square, []int{1, 2, 3})\nfmt.Sprint(v.([]int)[2], err)", `"9 <nil>"`},
		{"v, err = pool.Map(square, 5, 2)\nfmt.Sprint(v, err)", `"[0 1 4 9 16] <nil>"`},
		{"v, err = pool.Apply(grow, point{1, 2, []string{\"a\"}}, 3)\np := v.(point)\nfmt.Sprint(p.x, p.y, p.tags, err)", `"10 5 [a grown] <nil>"`},
		{"scale = 100\nv, _ = pool.Apply(grow, point{x: 1}, 3)\nv.(point).x", "100"},
		{"_, err = pool.Apply(grow, point{x: -1}, 3)\nstrings.HasSuffix(err.Error(), \": x is -1\")", "true"},
		{"sum := 0\nfor v, err := range pool.IMapUnordered(square, 10) {\n\tif err == nil {\n\t\tsum += v.(int)\n\t}\n}\nsum", "285"},
		{"got := []int{}\nfor v := range pool.IMap(square, 4) {\n\tgot = append(got, v.(int))\n}\nfmt.Sprint(got)", `"[0 1 4 9]"`},
		{"r := pool.ApplyAsync(square, 3)\nw, err2 := r.Get()\nfmt.Sprint(w, err2, r.Ready(), r.Successful())", `"9 <nil> true true"`},
	} {
		if got, _ := n.cells(t, tt.code); strings.ReplaceAll(got, "\n", ", ") != tt.want {
			t.Errorf("%s: got %s, want %s", tt.code, got, tt.want)
		}
	}
}

// place is what differs from run to run in an error of a call.
var place = regexp.MustCompile(`worker \d \(process \d+\)|process \d+`)

func TestAFailedCallSpoilsNoOther(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, poolCell, "pool := lab.NewPool(2)")
	for _, tt := range []struct{ how, want string }{
		{"panic", "panic: assignment to entry in nil map (cell 1, line 17)"},
		{"exit", "the process ended: exit status 7"},
		{"kill", "the process ended: killed by signal 9 (SIGKILL)"},
		{"overflow", "the process ended: fatal error: stack overflow"},
	} {
		got, _ := n.cells(t, `v, err := pool.Map(fail, []string{"a", "`+tt.how+`", "b", "c"}, 4)`+"\nfmt.Sprint(v, err)")
		if want := fmt.Sprintf("%q", "[a  b c] item 1: P: "+tt.want); place.ReplaceAllString(got, "P") != want {
			t.Errorf("%s: got %s, want %s", tt.how, got, want)
		}
	}
}

func TestProcess(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, poolCell)
	for _, tt := range []struct{ how, want string }{
		{"well", "true 0 true <nil>"},
		{"panic", "true 1 true P: panic: assignment to entry in nil map (cell 1, line 17)"},
		{"exit", "true 7 true exit status 7"},
		{"kill", "true -9 true killed by signal 9 (SIGKILL)"},
	} {
		got, _ := n.cells(t, "p := lab.NewProcess(fail, \""+tt.how+"\")\np.Start()\njoined := p.Join()\ncode, ok := p.ExitCode()\nfmt.Sprint(joined, code, ok, p.Err())")
		if got = place.ReplaceAllString(got, "P"); got != fmt.Sprintf("%q", strings.ReplaceAll(tt.want, "  ", " ")) && got != fmt.Sprintf("%q", tt.want) {
			t.Errorf("%s: got %s, want %s", tt.how, got, tt.want)
		}
	}
	got, _ := n.cells(t, `p := lab.NewProcess(fail, "loop")
p.Start()
waited := p.Join(time.Millisecond)
alive := p.Alive()
p.Kill()
p.Join()
code, _ := p.ExitCode()
fmt.Sprint(waited, alive, p.Alive(), code)`)
	if want := `"false true false -9"`; got != want {
		t.Errorf("an endless loop, killed: got %s, want %s", got, want)
	}
}

func TestOutputOfProcessesIsTheCells(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, "func say(i int) { fmt.Println(\"I am\", i); fmt.Print(\"two\\nlines\") }", "pool := lab.NewPool(1)")
	if _, out := n.cells(t, "pool.Map(say, 2)\nfmt.Println(\"done\")"); out != "worker 0: I am 0\nworker 0: two\nworker 0: lines\nworker 0: I am 1\nworker 0: two\nworker 0: lines\ndone\n" {
		t.Errorf("got output %q", out)
	}
	_, out := n.cells(t, "p := lab.NewProcess(say, 3)\np.Start()\np.Join()\nfmt.Println(\"done\")")
	if want := "P: I am 3\nP: two\nP: lines\ndone\n"; place.ReplaceAllString(out, "P") != want {
		t.Errorf("got output %q, want %q", out, want)
	}
}

// Objects of package lab are the same in the session and in its processes; other variables go by value.
func TestPoolSharesLabObjects(t *testing.T) {
	n := newNotebook(t)
	got, _ := n.cells(t, `total, lock, queue := lab.NewValue(0), lab.NewLock(), lab.NewQueue(0)
plain := 5
func add(i int) int {
	lock.With(func() { total.Store(total.Load() + 1) })
	queue.Put(i)
	plain++
	return plain
}`, "pool := lab.NewPool(2)\nv, err := pool.Map(add, 50)\nfmt.Sprint(len(v.([]int)), err, total.Load(), queue.Len(), plain)")
	if want := `"50 <nil> 50 50 5"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A value of a type that a cell declares goes through a queue and back, unexported fields and all.
func TestQueuesCarryTheTypesOfCells(t *testing.T) {
	n := newNotebook(t)
	got, _ := n.cells(t, `type job struct {
	number int
	parts  []part
}
type part struct{ Name string }
jobs, results := lab.NewQueue(0), lab.NewQueue(0)
func double() {
	j := jobs.Get().(job)
	j.number *= 2
	results.Put(job{j.number, append(j.parts, part{"b"})})
	results.Put(&part{"c"})
}`, "pool := lab.NewPool(1)\njobs.Put(job{4, []part{{\"a\"}}})\n_, err := pool.Apply(double)\nerr",
		"j := results.Get().(job)\np := results.Get().(*part)\nfmt.Sprint(j.number, j.parts, p.Name)")
	if want := `"8 [{a} {b}]c"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestARedefinitionReachesThePool(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, "func inner(i int) int { return i + 1 }\nfunc f(i int) int { return inner(i) }", "func g(i int) int { return 2 * i }", "pool := lab.NewPool(1)\npool.Apply(f, 1)\npool.Apply(g, 1)")
	n.cells(t, "func inner(i int) int { return i + 100 }")
	got, _ := n.cells(t, "a, _ := pool.Apply(f, 1)\nb, _ := pool.Apply(g, 4)\nc, _ := pool.Apply(f, 2)\nfmt.Sprint(a, b, c)")
	if want := `"101 8 102"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	r := n.compare(t, "%%subprocess -n 1 -r 1\nf(worker)")
	if o := outcomes(t, r, "subprocess")[0]; o.Result != "100" {
		t.Errorf("mode subprocess: got %q %s, want 100", o.Result, o.Error)
	}
}

func TestWhatAnotherProcessCannotHaveIsRefused(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, poolCell+"\nvar hook = func() {}\nfunc hooked(i int) int { hook(); return i }\nfunc three() (int, int, error) { return 1, 2, nil }\nfunc hand(f func()) {}", "pool := lab.NewPool(1)\nf := square")
	for _, tt := range []struct{ code, want string }{
		{"pool.Apply(f, 1)", "1:12: cannot use f as the function of pool.Apply"},
		{"pool.Apply(strings.ToUpper, \"a\")", "declared in a cell"},
		{"pool.Apply(three)", "at most one value and an error"},
		{"\npool.Apply(square, \"a\")", `2:20: cannot use "a" (constant of type string) as int value in argument to square`},
		{"pool.Apply(square)", "1:18: not enough arguments for square: have (), want (i int)"},
		{"pool.Apply(square, 1, 2)", "1:23: too many arguments for square: have (int, int), want (i int)"},
		{"pool.Apply(square, 1.5)", "cannot use 1.5"},
		{"pool.Map(square, []string{})", "cannot use the elements of []string{}"},
		{"pool.Map(grow, 3)", "must have one parameter"},
		{"lab.NewProcess(grow, point{})", "not enough arguments"},
		{"_, err := pool.Apply(hooked, 1)\nif err != nil { panic(err) }", "hook"},
		{"_, err := pool.Apply(hand, func() {})\nif err != nil { panic(err) }", "func()"},
	} {
		_, _, err := n.run(t.Context(), tt.code)
		if err == nil || !strings.Contains(err.Value+strings.Join(err.Traceback, "\n"), tt.want) {
			t.Errorf("%s: got %v, want %q in it", tt.code, err, tt.want)
		}
	}
}

func TestAPoolInModes(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, poolCell, "pool := lab.NewPool(1)")
	r := n.compare(t, "%%compare -n 2 -r 1 --modes serialized,async,goroutines\nv, err := pool.Apply(square, worker+2)\nif err != nil { panic(err) }\nv.(int)")
	for _, run := range r.Runs {
		for i, o := range run.Outcomes {
			if want := fmt.Sprint((i + 2) * (i + 2)); o.Result != want {
				t.Errorf("%s, worker %d: got %q %s, want %s", run.Mode, i, o.Result, o.Error, want)
			}
		}
	}
	if _, _, err := n.run(t.Context(), "%%subprocess -n 1 -r 1\npool.Workers()"); err == nil || !strings.Contains(err.Value, "pool") || !strings.Contains(err.Value, "those of the session") {
		t.Errorf("a pool for a worker process: got %v", err)
	}
	r = n.compare(t, "%%subprocess -n 1 -r 1\n_, err := lab.NewPool(1).Apply(square, 1)\nerr.Error()")
	if o := outcomes(t, r, "subprocess")[0]; !strings.Contains(o.Result, "a worker process starts no") {
		t.Errorf("in a worker process: got %q %s", o.Result, o.Error)
	}
}

// sayer is an output that tells when something has been printed.
type sayer struct {
	recorder
	said func()
}

func (s *sayer) Stream(name, text string) {
	s.recorder.Stream(name, text)
	s.said()
}

func TestAnInterruptEndsWhatTheCellWaitsFor(t *testing.T) {
	n := newNotebook(t)
	n.cells(t, poolCell, "pool := lab.NewPool(1)\nfunc spin(i int) int {\n\tfmt.Println(\"started\")\n\tfor {\n\t}\n}")
	for _, code := range []string{"pool.Map(spin, 3)", "pool.ApplyAsync(spin, 1).Get()", "p := lab.NewProcess(spin, 1)\np.Start()\np.Join()"} {
		ctx, interrupt := context.WithCancel(t.Context())
		n.n++
		r := n.s.Execute(ctx, langRequest(code, n.n), &sayer{said: interrupt})
		interrupt()
		// Not killed after a second of grace: that would be another error.
		if r.Err == nil || r.Err.Name != "interrupted" || !strings.Contains(r.Err.Value, "variables stay") {
			t.Errorf("%s: got %v, want it interrupted", code, r.Err)
		}
	}
	if got, _ := n.cells(t, "v, err := pool.Apply(square, 9)\np.Join() // it has been killed, which takes a moment\nfmt.Sprint(v, err, p.Alive())"); got != `"81 <nil> false"` {
		t.Errorf("afterwards: got %s", got)
	}
}

// TestUnitsOfAFunction looks at which compiled units a process loads for a function: its own, and those of what it
// calls, not of what else is in its cell.
func TestUnitsOfAFunction(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what a process has loaded is read from /proc")
	}
	n := nativeNotebook(t, live.Native)
	n.cells(t, "func other() int { return 1 }", "func deep() int { return 2 }", "func near() int { return deep() }",
		"func units() int {\n\ttext, _ := os.ReadFile(\"/proc/self/maps\")\n\tfound := map[string]bool{}\n\tfor _, f := range strings.Fields(string(text)) {\n\t\tif strings.HasSuffix(f, \"/unit.so\") {\n\t\t\tfound[f] = true\n\t\t}\n\t}\n\treturn len(found)\n}\n"+
			"func alone() int { return units() }\nfunc calls() int { return other() }\nfunc both() int { return units() + 100*near() }")
	got, _ := n.cells(t, "pool := lab.NewPool(1)\na, _ := pool.Apply(alone)\nb, _ := pool.Apply(both)\nc, _ := pool.Apply(calls)\nfmt.Sprint(a, b, c)")
	if want := `"1 203 1"`; got != want {
		t.Errorf("got %s units, want %s", got, want)
	}
}
