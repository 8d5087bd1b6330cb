package lessons

import (
	"errors"
	"fmt"
)

// The bounds are written so that a NaN, from a figure that is missing, is out of them.

func atLeast(what string, got, want float64) error {
	if !(got >= want) {
		return fmt.Errorf("%s: got %.3g, want at least %.3g", what, got, want)
	}
	return nil
}

func atMost(what string, got, want float64) error {
	if !(got <= want) {
		return fmt.Errorf("%s: got %.3g, want at most %.3g", what, got, want)
	}
	return nil
}

func between(what string, got, low, high float64) error {
	if !(got >= low && got <= high) {
		return fmt.Errorf("%s: got %.3g, want %.3g to %.3g", what, got, low, high)
	}
	return nil
}

func errs(all ...error) error { return errors.Join(all...) }
