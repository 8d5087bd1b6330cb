package check_test

import (
	"slices"
	"strings"
	"testing"
)

const sendCell = `const small, half = 3, 0.5
func square(i int) int { return i * i }
func scale(x float64, by float32) (float64, error) { return x * float64(by), nil }
func join(sep string, parts ...string) string { return strings.Join(parts, sep) }
func point(p *struct{ X int }) {}
func three() (int, int, error) { return 1, 2, nil }
func pair() (int, int) { return 1, 2 }
func generic[T any](v T) T { return v }
type number int
func (n number) twice() number { return 2 * n }
pool := lab.NewPool(2)
n, f := number(1), square
words := []string{"a"}`

func TestFunctionsForOtherProcesses(t *testing.T) {
	n := newNotebook(t)
	n.run(sendCell)
	for _, tt := range []struct{ code, want string }{ // want: the functions, or a part of the error
		{"pool.Apply(square, 7)", "square"},
		{"pool.Apply((square), small)", "square"},
		{"pool.Apply(scale, 1, half)\npool.ApplyAsync(square, 'a')", "scale square"},
		{"pool.Apply(scale, small*half, -1)", "scale"},
		{"pool.Apply(join, \",\")\npool.Apply(join, \",\", \"a\", \"b\")", "join"},
		{"pool.Apply(point, nil)", "point"},
		{"pool.Map(square, []int{1})\npool.Map(square, [2]int{})\npool.Map(square, 5)\nvar some any = 3\npool.IMap(square, some, 2)", "square"},
		{"pool.Apply(join, []any{\",\"}...)", "join"},
		{"lab.NewProcess(square, 1)", "square"},
		{"q := lab.NewPool\nq(2).Map(square, 3)", "square"},
		{"fmt.Println(square(3))", ""},
		{"pool.Apply(f, 1)", "1:12: cannot use f as the function of pool.Apply: another process finds a function by its name"},
		{"pool.Apply(func() {})", "so it must be one that is declared in a cell"},
		{"pool.Apply(n.twice)", "so it must be one that is declared in a cell"},
		{"pool.Apply(strings.ToUpper, \"a\")", "so it must be one that is declared in a cell"},
		{"pool.Apply(generic[int], 1)", "declared in a cell"},
		{"pool.Apply(three)", "it must return at most one value and an error"},
		{"pool.Apply(pair)", "it must return at most one value and an error"},
		{"\npool.Apply(square)", "2:18: not enough arguments for square: have (), want (i int)"},
		{"pool.Apply(square, 1, 2)", "1:23: too many arguments for square: have (int, int), want (i int)"},
		{"pool.Apply(join)", "not enough arguments for join"},
		{"pool.Apply(square, words)", "1:20: cannot use words (variable of type []string) as int value in argument to square"},
		{"pool.Apply(square, half)", "cannot use half (constant of type float64) as int value"},
		{"pool.Apply(square, n)", "cannot use n (variable of type number) as int value"},
		{"pool.Apply(join, \",\", 1)", "cannot use 1 (constant of type int) as string value in argument to join"},
		{"pool.Map(square, words)", "1:18: cannot use the elements of words (variable of type []string) as int value in argument to square"},
		{"pool.Map(square, \"abc\")", "cannot go over \"abc\" (constant of type string): want a slice, an array or a number of items"},
		{"pool.Map(scale, 3)", "it must have one parameter, for the item, and has 2"},
	} {
		c, err := n.try(tt.code)
		switch {
		case err != nil && (tt.want == "" || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: got %v, want %q in it", tt.code, err, tt.want)
		case err == nil && !slices.Equal(c.Sendable(), strings.Fields(tt.want)):
			t.Errorf("%s: got %q, want %q", tt.code, c.Sendable(), tt.want)
		}
	}
}

// A function that gives another to a process depends on it as one that calls it does.
func TestAChangedFunctionBreaksWhoSendsIt(t *testing.T) {
	n := newNotebook(t)
	n.run("func square(i int) int { return i * i }\nfunc all(p *lab.Pool) any { v, _ := p.Map(square, 4); return v }")
	if c := n.run("1 + 1"); !slices.Equal(c.Sendable(), []string{"square"}) {
		t.Errorf("a later cell: got %q", c.Sendable())
	}
	if _, err := n.try("func square(s string) string { return s }"); err == nil || !strings.Contains(err.Error(), "cannot use the elements of 4") {
		t.Errorf("got %v", err)
	}
}
