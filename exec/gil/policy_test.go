package gil

import (
	"strings"
	"testing"
	"time"
)

func TestParsePolicy(t *testing.T) {
	tests := []struct {
		text string
		want Policy
	}{
		{"interval", Policy{Kind: Interval, Interval: 5 * time.Millisecond}},
		{"interval=1ms", Policy{Kind: Interval, Interval: time.Millisecond}},
		{"ticks", Policy{Kind: Ticks}},
		{"ticks=7", Policy{Kind: Ticks, Ticks: 7}},
		{"async", Policy{Kind: Async}},
		{"none", Policy{Kind: None}},
	}
	for _, tt := range tests {
		got, err := ParsePolicy(tt.text)
		if err != nil || got != tt.want {
			t.Errorf("ParsePolicy(%q): got %v, %v, want %v", tt.text, got, err, tt.want)
		}
		again, err := ParsePolicy(got.String())
		if err != nil || again != got.withDefaults() {
			t.Errorf("%q read back: got %v, %v, want %v", got.String(), again, err, got.withDefaults())
		}
	}
	bad := []struct{ text, names string }{
		{"interval=0s", "interval"}, {"interval=x", `"x"`}, {"ticks=0", "ticks"},
		{"ticks=", "ticks"}, {"async=1", "async"}, {"fair", `"fair"`}, {"", `""`},
	}
	for _, tt := range bad {
		if _, err := ParsePolicy(tt.text); err == nil || !strings.Contains(err.Error(), tt.names) {
			t.Errorf("ParsePolicy(%q): got error %v, want one that names %s", tt.text, err, tt.names)
		}
	}
	if got := (Policy{}).String(); got != "interval=5ms" {
		t.Errorf("zero policy: got %s, want interval=5ms", got)
	}
}
