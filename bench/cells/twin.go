package cells

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Twins times the same code n times as a Go program and as a cell of a session, in turn: decl declares what
// call calls, an expression of type int.
func (b *Bench) Twins(ctx context.Context, s *Session, decl, call string, n int) (program, cell []time.Duration, err error) {
	path, err := b.program(ctx, decl, call)
	if err != nil {
		return nil, nil, err
	}
	if _, _, err := s.Run(ctx, decl); err != nil {
		return nil, nil, err
	}
	for range n {
		text, err := osexec.CommandContext(ctx, path).Output()
		if err != nil {
			return nil, nil, fmt.Errorf("the program of %s: %w", call, err)
		}
		d, err := time.ParseDuration(string(text))
		if err != nil {
			return nil, nil, err
		}
		program = append(program, d)
		if d, err = s.Timed(ctx, call); err != nil {
			return nil, nil, err
		}
		cell = append(cell, d)
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

// program builds the Go program that times a call.
func (b *Bench) program(ctx context.Context, decl, call string) (string, error) {
	imports := "\"fmt\"; \"time\""
	if strings.Contains(decl, "rand.") {
		imports += "; \"math/rand/v2\"; \"slices\""
	}
	dir, err := os.MkdirTemp(b.Dir, "program-")
	if err != nil {
		return "", err
	}
	source := "package main\nimport (" + imports + ")\n" + decl + "\nvar sink int\nfunc main() { t0 := time.Now(); sink = " + call + "; fmt.Print(time.Since(t0)) }\n"
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "program")
	return binary, Build(ctx, file, binary)
}

// Median is the median of times, of which there is at least one.
func Median(times []time.Duration) time.Duration {
	times = slices.Sorted(slices.Values(times))
	return times[len(times)/2]
}
