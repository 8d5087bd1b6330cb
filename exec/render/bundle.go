package render

import (
	"encoding/json"
	"slices"
	"strings"

	"lockstep/exec/measure"
)

// MIMEType is that of the JSON form of a result.
const MIMEType = "application/vnd.lockstep.result+json"

// View is what is shown of a result beside its tables. The zero value shows
// everything.
type View struct {
	NoChart     bool
	NoTimelines bool
}

// Bundle is a result as a notebook shows it: by MIME type, text/plain,
// text/html, and for programs [MIMEType]. The latter is without timelines, which can
// be megabytes.
func Bundle(r measure.Result, v View) (map[string]any, error) {
	var text, page strings.Builder
	if err := Text(&text, r); err != nil {
		return nil, err
	}
	if err := v.html(&page, r); err != nil {
		return nil, err
	}
	r.Runs = slices.Clone(r.Runs)
	for i := range r.Runs {
		r.Runs[i].Timeline = nil
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"text/plain": text.String(),
		"text/html":  page.String(),
		MIMEType:     json.RawMessage(data),
	}, nil
}
