package native_test

import (
	"testing"

	"go.uber.org/goleak"
)

// What removes old units ends by itself, but may have much to remove.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("lockstep/kernel/native.(*Toolchain).Prune"))
}
