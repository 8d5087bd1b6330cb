package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	osexec "os/exec"
	"strconv"
	"strings"
	"time"
)

//go:embed threads.py
var threadsText string

// python is CPython's threading: each measurement is a process of its own.
type python struct {
	path    string
	version string
}

func findPython(ctx context.Context) (*python, error) {
	path, err := osexec.LookPath("python3")
	if err != nil {
		return nil, errors.New("there is no python3 to compare with: install CPython 3.2 or later and put it on the PATH")
	}
	out, err := osexec.CommandContext(ctx, path, "-c",
		"import platform, sys; print(platform.python_implementation(), platform.python_version(), getattr(sys, '_is_gil_enabled', lambda: True)())").Output()
	if err != nil {
		return nil, fmt.Errorf("python3: %w", err)
	}
	name, locked, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	version, locked, _ := strings.Cut(locked, " ")
	if name != "CPython" || locked != "True" {
		return nil, fmt.Errorf("python3 is %s, which has no interpreter lock to compare with: put CPython first on the PATH", strings.TrimSpace(string(out)))
	}
	return &python{path: path, version: name + " " + version}, nil
}

func (p *python) name() string { return p.version }

func (p *python) pairs(ctx context.Context, w workload, size, workers, repetitions int) ([]pair, error) {
	var times [][2]float64
	if err := p.run(ctx, &times, "pairs", w.python, strconv.Itoa(size), strconv.Itoa(workers), strconv.Itoa(repetitions)); err != nil {
		return nil, err
	}
	var all []pair
	for _, t := range times {
		all = append(all, pair{simple: seconds(t[0]), threads: seconds(t[1])})
	}
	return all, nil
}

func (p *python) waiting(ctx context.Context, interval, span time.Duration) (alone, beside time.Duration, err error) {
	var medians [2]float64
	err = p.run(ctx, &medians, "beside", fmt.Sprint(interval.Seconds()), fmt.Sprint(span.Seconds()))
	return seconds(medians[0]), seconds(medians[1]), err
}

func (p *python) run(ctx context.Context, result any, args ...string) error {
	cmd := osexec.CommandContext(ctx, p.path, append([]string{"-"}, args...)...)
	cmd.Stdin = strings.NewReader(threadsText)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("python3 %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return json.Unmarshal(out, result)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
