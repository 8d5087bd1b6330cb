package render

import (
	"encoding/json"
	"io"

	"lockstep/exec/measure"
)

// JSON writes the whole result; see [measure.Schema].
func JSON(w io.Writer, r measure.Result) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(r)
}
