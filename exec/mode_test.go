package exec

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseModes(t *testing.T) {
	got, err := ParseModes("simple, serialized,goroutines,subprocess")
	if want := []Mode{Simple, Serialized, Goroutines, Subprocess}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := ParseModes("simple,simple"); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a mode twice: got %v", err)
	}
	for _, i := range Modes() {
		if m, err := ParseMode(string(i.Mode)); err != nil || m != i.Mode {
			t.Errorf("%s: got %v, %v", i.Mode, m, err)
		}
	}
}

func TestParseModeOffersTheNearest(t *testing.T) {
	tests := []struct {
		name string
		want Mode
	}{
		{"goroutine", Goroutines}, {"gorutines", Goroutines}, {"serialised", Serialized}, {"Simple", Simple},
		{"subproces", Subprocess}, {"asnyc", Async}, {"sub", Subprocess}, {"xyz", ""}, {"", ""}, {"process", Subprocess},
	}
	for _, tt := range tests {
		_, err := ParseMode(tt.name)
		var e *ModeError
		if !errors.As(err, &e) || e.Nearest != tt.want {
			t.Errorf("%q: got %v, want nearest %q", tt.name, err, tt.want)
			continue
		}
		if tt.want == "" && !strings.Contains(err.Error(), "cluster") {
			t.Errorf("%q: got %v, want the list of modes", tt.name, err)
		}
	}
}
