package cells

import (
	"cmp"
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lockstep/kernel/live"
)

// Twins times the same code n times as a Go program and as a cell of a session, in turn: decl declares what
// call calls, an expression of type int. If the session interprets, so does the program: with yaegi, as it is.
func (b *Bench) Twins(ctx context.Context, s *Session, decl, call string, n int) (program, cell []time.Duration, err error) {
	source := compiled(decl, call)
	if s.engine == live.Interp {
		source = interpreted(decl, call)
	}
	path, err := b.Program(ctx, source)
	if err != nil {
		return nil, nil, err
	}
	if _, _, err := s.Run(ctx, decl); err != nil {
		return nil, nil, err
	}
	for range n {
		times, err := Printed(ctx, path)
		if err != nil {
			return nil, nil, fmt.Errorf("the program of %s: %w", call, err)
		}
		d, err := s.Timed(ctx, call)
		if err != nil {
			return nil, nil, err
		}
		program, cell = append(program, times[0]), append(cell, d)
	}
	return program, cell, nil
}

// Timed runs code in a cell and tells how long it took in there.
func (s *Session) Timed(ctx context.Context, code string) (time.Duration, error) {
	_, text, err := s.Run(ctx, "t0 := time.Now()\n"+code+"\nfmt.Print(time.Since(t0))")
	if err != nil {
		return 0, err
	}
	return time.ParseDuration(text)
}

// Program builds a Go program of one file, which may import the packages of this module and those that it requires,
// and returns the path of the binary. Close removes it.
func (b *Bench) Program(ctx context.Context, source string) (path string, err error) {
	dir, err := os.MkdirTemp(b.Dir, "program-")
	if err != nil {
		return "", err
	}
	file, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		return "", err
	}
	return binary, Build(ctx, file, binary)
}

// Printed runs a program that prints one or more times and returns them.
func Printed(ctx context.Context, path string) ([]time.Duration, error) {
	text, err := osexec.CommandContext(ctx, path).Output()
	if err != nil {
		return nil, err
	}
	var times []time.Duration
	for _, field := range strings.Fields(string(text)) {
		d, err := time.ParseDuration(field)
		if err != nil {
			return nil, err
		}
		times = append(times, d)
	}
	if len(times) == 0 {
		return nil, fmt.Errorf("%s printed no time", path)
	}
	return times, nil
}

// compiled is a program that times a call.
func compiled(decl, call string) string {
	imports := `"fmt"; "time"`
	if strings.Contains(decl, "rand.") {
		imports += `; "math/rand/v2"; "slices"`
	}
	return "package main\nimport (" + imports + ")\n" + decl + "\nvar sink int\nfunc main() { t0 := time.Now(); sink = " + call + "; fmt.Println(time.Since(t0)) }\n"
}

// interpreted is a program that has yaegi interpret the call and times that.
func interpreted(decl, call string) string {
	return `package main

import (
	"fmt"
	"time"

	"github.com/traefik/yaegi/interp"
)

func main() {
	it := interp.New(interp.Options{})
	if _, err := it.Eval(` + strconv.Quote("package main\n"+decl+"\nfunc call() int { return "+call+" }") + `); err != nil {
		panic(err)
	}
	v, err := it.Eval("call")
	if err != nil {
		panic(err)
	}
	call := v.Interface().(func() int)
	start := time.Now()
	call()
	fmt.Println(time.Since(start))
}
`
}

// Median is the median of figures, of which there is at least one.
func Median[T cmp.Ordered](figures []T) T {
	figures = slices.Sorted(slices.Values(figures))
	return figures[len(figures)/2]
}
