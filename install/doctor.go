package install

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// State is how a [Finding] stands.
type State int

const (
	// OK is there and works.
	OK State = iota
	// Missing is not there, and the program does without it in a lesser way.
	Missing
	// Problem keeps something from working.
	Problem
)

// String is the word that a report shows.
func (s State) String() string {
	switch s {
	case OK:
		return "ok"
	case Missing:
		return "missing"
	case Problem:
		return "problem"
	}
	return fmt.Sprintf("State(%d)", int(s))
}

// MarshalText makes a state readable in JSON.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is one thing that [Doctor] looked at.
type Finding struct {
	// Name is the thing.
	Name string `json:"name"`
	// State is how it stands.
	State State `json:"state"`
	// Detail is what was found: a version, a path, a figure, an error.
	Detail string `json:"detail"`
	// Advice is what to do; empty for OK.
	Advice string `json:"advice,omitempty"`
}

// commandLimit bounds each command that Doctor runs: jupyter-lab --version takes a
// second, 13 on a machine with eight times more work than cores; a command that
// hangs must not hold up the report for ever.
const commandLimit = time.Minute

// errNoAnswer is the error of a command that took longer than commandLimit.
var errNoAnswer = fmt.Errorf("no answer within %s", commandLimit)

// Doctor looks at what the kernel needs or can use, and reports in the order of
// [checks]. It changes nothing.
func Doctor(ctx context.Context, sys System) []Finding {
	sys = sys.orHost()
	run := sys.Output
	sys.Output = func(ctx context.Context, name string, args ...string) (string, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, commandLimit, errNoAnswer)
		defer cancel()
		out, err := run(ctx, name, args...)
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return out, err
	}
	var all []Finding
	for _, check := range checks {
		all = append(all, check(ctx, sys)...)
	}
	return all
}

// Problems counts the findings that are a [Problem].
func Problems(findings []Finding) int {
	n := 0
	for _, f := range findings {
		if f.State == Problem {
			n++
		}
	}
	return n
}

// Print writes findings for people: a line each, the advice below it.
func Print(w io.Writer, findings []Finding) error {
	nameWidth := 0
	for _, f := range findings {
		nameWidth = max(nameWidth, len(f.Name))
	}
	const stateWidth = len("problem")
	indent := strings.Repeat(" ", nameWidth+stateWidth+4)
	var b strings.Builder
	for _, f := range findings {
		detail := strings.ReplaceAll(strings.TrimSpace(f.Detail), "\n", "\n"+indent)
		fmt.Fprintf(&b, "%-*s  %-*s  %s\n", stateWidth, f.State, nameWidth, f.Name, detail)
		if f.Advice != "" {
			fmt.Fprintf(&b, "%s→ %s\n", indent, f.Advice)
		}
	}
	switch n := Problems(findings); n {
	case 0:
		b.WriteString("no problems\n")
	case 1:
		b.WriteString("1 problem\n")
	default:
		fmt.Fprintf(&b, "%d problems\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
