package nb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// A FormatError says why a file is not a notebook that this package reads.
type FormatError struct {
	// Path is the file; "" when the notebook did not come from one.
	Path string
	// Where is the place inside it, as a line and column or as a path of keys
	// such as cells[3].source; "" for the whole.
	Where string
	// Problem says what was wanted and what is there.
	Problem string
}

// Error returns the parts joined by colons.
func (e *FormatError) Error() string {
	s := e.Problem
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

// Read reads the notebook at path. The error is a [*FormatError] when the file
// can be read but is no notebook of nbformat 4.
func Read(path string) (*Notebook, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	n, err := Parse(data)
	if fe, ok := errors.AsType[*FormatError](err); ok {
		fe.Path = path
	}
	return n, err
}

// Parse reads a notebook from the bytes of its file. The error is a
// [*FormatError] without a path.
func Parse(data []byte) (*Notebook, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &FormatError{Problem: "want a notebook, got an empty file"}
	}
	if !utf8.Valid(data) {
		return nil, &FormatError{Where: position(data, invalidAt(data)), Problem: "want UTF-8 text, got another encoding"}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	// Numbers keep their spelling: 0.10 and 1e400 in somebody's metadata are
	// not ours to change.
	dec.UseNumber()
	var top any
	if err := dec.Decode(&top); err != nil {
		return nil, syntaxError(data, dec, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &FormatError{Where: position(data, dec.InputOffset()), Problem: "want the end of the file after the notebook, got more"}
	}
	return fromJSON(top)
}

func syntaxError(data []byte, dec *json.Decoder, err error) error {
	at := dec.InputOffset()
	problem := err.Error()
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		// Offset counts the bytes read, so the offending one is before it.
		at = max(se.Offset-1, 0)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		at, problem = int64(len(data)), "the file ends in the middle"
	}
	return &FormatError{Where: position(data, at), Problem: "want JSON: " + problem}
}

// position turns a byte offset into a line and a column, both from 1.
func position(data []byte, offset int64) string {
	before := data[:min(int(offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

func invalidAt(data []byte) int64 {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return int64(at)
}
