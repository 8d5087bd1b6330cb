package render

import (
	"strings"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	tests := map[time.Duration]string{
		0:                       "0 s",
		7:                       "7 ns",
		1500:                    "1.50 µs",
		31 * time.Millisecond:   "31.0 ms",
		999_900 * 1000:          "1.00 s",
		4120 * time.Millisecond: "4.12 s",
		61 * time.Second:        "61.0 s",
		20_000 * time.Second:    "20\u202f000 s",
		-4 * time.Second:        "-4.00 s",
	}
	for d, want := range tests {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%d): got %q, want %q", d, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 GB", 12: "12 B", 3400: "3.40 kB", 128 << 20: "134 MB"} {
		if got := Bytes(n); n > 0 && got != want {
			t.Errorf("Bytes(%d): got %q, want %q", n, got, want)
		}
	}
}

// One column has one unit and one number of decimals.
func TestColumnScale(t *testing.T) {
	tests := []struct {
		values []float64
		want   string
	}{
		{[]float64{4.124e9, 17.641e9}, "4.12 s, 17.64 s"},
		{[]float64{412e6, 1240e6}, "0.412 s, 1.240 s"},
		{[]float64{3e6, 1240e6}, "3.00 ms, 1240.00 ms"},
		{[]float64{212e6, 830e6}, "212 ms, 830 ms"},
		{[]float64{0, 5e9}, "0.00 s, 5.00 s"},
		{nil, ""},
	}
	for _, tt := range tests {
		if got := strings.Join(in(durations, tt.values), ", "); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.values, got, tt.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0 %", 0.004: "0.4 %", 0.0096: "1 %", 0.126: "13 %"} {
		if got := percent(share); got != want {
			t.Errorf("percent(%v): got %q, want %q", share, got, want)
		}
	}
}
