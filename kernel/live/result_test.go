package live_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"lockstep/exec/measure"
	"lockstep/kernel/lang"
)

func langRequest(code string, count int) lang.Request {
	return lang.Request{Code: code, Count: count}
}

// decode reads a result from a bundle's JSON value.
func decode(t *testing.T, raw any) measure.Result {
	t.Helper()
	data, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	r, err := measure.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// median returns a mode's median time.
func median(t *testing.T, r measure.Result, mode string, workers int) time.Duration {
	t.Helper()
	for _, s := range r.Summaries {
		if s.Mode == mode && s.Workers == workers {
			return s.Median
		}
	}
	t.Fatalf("no summary of %s with %d workers", mode, workers)
	return 0
}
