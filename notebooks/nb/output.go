package nb

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// An OutputType says what an output holds.
type OutputType string

// The output types of nbformat 4.
const (
	Stream        OutputType = "stream"
	DisplayData   OutputType = "display_data"
	ExecuteResult OutputType = "execute_result"
	Error         OutputType = "error"
)

// An Output is one output of a code cell. Type says which of the fields count.
type Output struct {
	Type OutputType

	// Name ("stdout" or "stderr") and Text belong to a stream.
	Name, Text string

	// Data and Metadata belong to display_data and execute_result.
	Data     Bundle
	Metadata Metadata
	// ExecutionCount belongs to execute_result; 0 means null.
	ExecutionCount int

	// ErrName, ErrValue and Traceback belong to an error. Lines of the
	// traceback may hold ANSI escapes.
	ErrName, ErrValue string
	Traceback         []string

	// Extra holds the keys that the format does not define; for an unknown
	// Type, all of them.
	Extra map[string]any
}

// PlainText returns the output as text: a stream's text, the text/plain form of
// a result, name and value of an error, "" where there is none.
func (o Output) PlainText() string {
	switch o.Type {
	case Stream:
		return o.Text
	case DisplayData, ExecuteResult:
		text, _ := o.Data.Text("text/plain")
		return text
	case Error:
		return o.ErrName + ": " + o.ErrValue
	}
	return ""
}

// continues reports whether o is a stream that goes on where prev stopped.
func (o Output) continues(prev Output) bool {
	return o.Type == Stream && prev.Type == Stream && o.Name == prev.Name
}

// A Bundle is a MIME bundle: one value in several representations. A value is a
// string (base64 for binary types), or any JSON value where the type is
// application/json or ends in +json.
type Bundle map[string]any

// Text returns the representation of a MIME type where it is a string.
func (b Bundle) Text(mime string) (string, bool) {
	s, ok := b[mime].(string)
	return s, ok
}

// Bytes returns the decoded representation of a binary MIME type. White space
// inside the base64 text is ignored, as clients do.
func (b Bundle) Bytes(mime string) ([]byte, error) {
	s, ok := b.Text(mime)
	if !ok {
		return nil, fmt.Errorf("%s: want base64 text, got %s", mime, jsonKind(b[mime]))
	}
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%s: want base64 text: %w", mime, err)
	}
	return data, nil
}

// isJSON reports whether values of the MIME type are JSON and never split into
// lines.
func isJSON(mime string) bool {
	return mime == "application/json" ||
		strings.HasPrefix(mime, "application/") && strings.HasSuffix(mime, "+json")
}

// isSplit reports whether nbformat writes text of the MIME type as lines.
func isSplit(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}
