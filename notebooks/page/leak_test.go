package page_test

import (
	"testing"

	"go.uber.org/goleak"
)

// The highlighter's regular expressions have a clock that stops by itself a while after the last match.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
}
