package session

import "testing"

func TestStacksOfGoroutinesThatHaveEndedAreNoRecursion(t *testing.T) {
	const crowd = 100_000
	var b stackBudget
	if b.exceeded(crowd*8<<10, crowd) {
		t.Error("a crowd of goroutines was taken for a recursion")
	}
	if b.exceeded(crowd*8<<10, 3) {
		t.Error("the stacks that the crowd has left were taken for a recursion")
	}
	next := stackBudget{before: crowd * 8 << 10}
	if next.exceeded(crowd*8<<10, 3) {
		t.Error("the stacks that the crowd has left to the next cell were taken for a recursion")
	}
	if !next.exceeded(crowd*8<<10+stackLimit+4*goroutineStack, 3) {
		t.Error("a recursion was not noticed")
	}
}
