package measure

import (
	"bytes"
	"encoding/gob"
	"testing"
)

// TestASumOfZeroIsSent holds what package gob does not do by itself.
func TestASumOfZeroIsSent(t *testing.T) {
	for _, want := range []Sum{0, -1.5, 1e300} {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(Run{Outcomes: []Outcome{{Tasks: 1, Sum: &want}}}); err != nil {
			t.Fatal(err)
		}
		var got Run
		if err := gob.NewDecoder(&b).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if sum, ok := got.TaskSum(); !ok || sum != float64(want) {
			t.Errorf("got %v %v, want %v", sum, ok, want)
		}
	}
}
