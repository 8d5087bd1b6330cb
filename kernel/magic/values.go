package magic

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The flag types below differ from pflag's own in their errors, which continue
// a sentence that begins with the flag's name.

// counts is a list of numbers of at least 1, as in -n 2,3,4.
type counts struct{ to *[]int }

// Set implements pflag.Value.
func (v counts) Set(s string) error {
	var ns []int
	for part := range strings.SplitSeq(s, ",") {
		n, err := atLeastOne(part)
		if err != nil {
			return err
		}
		ns = append(ns, n)
	}
	*v.to = ns
	return nil
}

// String implements pflag.Value.
func (v counts) String() string {
	if v.to == nil {
		return ""
	}
	texts := make([]string, len(*v.to))
	for i, n := range *v.to {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ",")
}

// Type implements pflag.Value.
func (counts) Type() string { return "numbers" }

// count is a number of at least 1.
type count struct{ to *int }

// Set implements pflag.Value.
func (v count) Set(s string) error {
	n, err := atLeastOne(s)
	if err == nil {
		*v.to = n
	}
	return err
}

// String implements pflag.Value.
func (v count) String() string {
	if v.to == nil || *v.to == 0 {
		return ""
	}
	return strconv.Itoa(*v.to)
}

// Type implements pflag.Value.
func (count) Type() string { return "number" }

func atLeastOne(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("must be a whole number, got %q", s)
	}
	if n < 1 {
		return 0, fmt.Errorf("must be at least 1, got %d", n)
	}
	return n, nil
}

// duration is a time longer than nothing.
type duration struct{ to *time.Duration }

// Set implements pflag.Value.
func (v duration) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("must be a duration such as 5ms or 1.5s, got %q", s)
	}
	if d <= 0 {
		return fmt.Errorf("must be longer than 0s, got %s", s)
	}
	*v.to = d
	return nil
}

// String implements pflag.Value.
func (v duration) String() string {
	if v.to == nil || *v.to == 0 {
		return ""
	}
	return v.to.String()
}

// Type implements pflag.Value.
func (duration) Type() string { return "duration" }

// parsed is any value that a function reads; kind is what help calls it.
type parsed[T any] struct {
	to    *T
	kind  string
	parse func(string) (T, error)
	text  string
}

// Set implements pflag.Value.
func (v *parsed[T]) Set(s string) error {
	x, err := v.parse(s)
	if err == nil {
		*v.to, v.text = x, s
	}
	return err
}

// String implements pflag.Value.
func (v *parsed[T]) String() string { return v.text }

// Type implements pflag.Value.
func (v *parsed[T]) Type() string { return v.kind }
