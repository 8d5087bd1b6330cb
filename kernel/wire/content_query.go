package wire

import (
	"encoding/json"
	"errors"
)

// InspectRequestContent asks about the code at the cursor. Positions are in
// code points. A received cursor lies within the code; it is at the end when
// none was given.
type InspectRequestContent struct {
	Code         string   `json:"code" wire:"required"`
	CursorPos    int      `json:"cursor_pos"`
	DetailLevel  int      `json:"detail_level"` // 0, or 1 for the source too
	OmitSections []string `json:"omit_sections,omitempty"`
}

func (c *InspectRequestContent) finish(has func(string) bool) {
	c.CursorPos = clampCursor(c.Code, c.CursorPos, has("cursor_pos"))
}

// InspectReplyContent shows what was found.
type InspectReplyContent struct {
	Status   ReplyStatus `json:"status"`
	Found    bool        `json:"found"`
	Data     Bundle      `json:"data"`
	Metadata Bundle      `json:"metadata"`
}

// CompleteRequestContent asks how the code may go on at the cursor, which is as
// in [InspectRequestContent].
type CompleteRequestContent struct {
	Code      string `json:"code" wire:"required"`
	CursorPos int    `json:"cursor_pos"`
}

func (c *CompleteRequestContent) finish(has func(string) bool) {
	c.CursorPos = clampCursor(c.Code, c.CursorPos, has("cursor_pos"))
}

// CompleteReplyContent lists what may stand between the cursor positions.
type CompleteReplyContent struct {
	Status      ReplyStatus      `json:"status"`
	Matches     []string         `json:"matches"`
	CursorStart int              `json:"cursor_start"`
	CursorEnd   int              `json:"cursor_end"`
	Metadata    CompleteMetadata `json:"metadata"`
}

// CompleteMetadata carries what JupyterLab shows beside the matches.
type CompleteMetadata struct {
	Types []CompletionType `json:"_jupyter_types_experimental,omitempty"`
}

// CompletionType describes one match; Start and End are as in the reply.
type CompletionType struct {
	Start     int    `json:"start"`
	End       int    `json:"end"`
	Text      string `json:"text"`
	Type      string `json:"type"`
	Signature string `json:"signature,omitempty"`
}

// IsCompleteRequestContent asks whether Enter should run the code.
type IsCompleteRequestContent struct {
	Code string `json:"code" wire:"required"`
}

// Completeness is whether code can run as it stands.
type Completeness string

// The answers to an is_complete_request.
const (
	Complete   Completeness = "complete"
	Incomplete Completeness = "incomplete"
	Invalid    Completeness = "invalid"
	Unknown    Completeness = "unknown"
)

// IsCompleteReplyContent answers it. Indent is sent with Incomplete only.
type IsCompleteReplyContent struct {
	Status Completeness `json:"status"`
	Indent string       `json:"indent"`
}

func (c IsCompleteReplyContent) shape() any {
	if c.Status == Incomplete {
		return c
	}
	return struct {
		Status Completeness `json:"status"`
	}{c.Status}
}

// HistoryAccess is how a history_request selects.
type HistoryAccess string

// The ways.
const (
	HistoryRange  HistoryAccess = "range"  // lines Start to Stop of Session
	HistoryTail   HistoryAccess = "tail"   // the last N
	HistorySearch HistoryAccess = "search" // the last N that match the glob Pattern
)

// HistoryRequestContent asks for cells that were run. Session 0 is the current
// one, -1 the one before. Stop nil means to the end.
type HistoryRequestContent struct {
	Output  bool          `json:"output"`
	Raw     bool          `json:"raw"`
	Access  HistoryAccess `json:"hist_access_type" wire:"required"`
	Session int           `json:"session"`
	Start   int           `json:"start"`
	Stop    *int          `json:"stop"`
	N       int           `json:"n"`
	Pattern string        `json:"pattern"`
	Unique  bool          `json:"unique"`
}

// HistoryReplyContent lists cells that were run.
type HistoryReplyContent struct {
	Status  ReplyStatus    `json:"status"`
	History []HistoryEntry `json:"history"`
}

// HistoryEntry is a cell that was run: [session, line, input] on the wire, or
// [session, line, [input, output]] with WithOutput. Output is nil for a cell
// that had none.
type HistoryEntry struct {
	Session    int
	Line       int
	Input      string
	Output     *string
	WithOutput bool
}

// MarshalJSON implements [json.Marshaler].
func (e HistoryEntry) MarshalJSON() ([]byte, error) {
	if e.WithOutput {
		return marshal([3]any{e.Session, e.Line, [2]any{e.Input, e.Output}})
	}
	return marshal([3]any{e.Session, e.Line, e.Input})
}

var errHistoryEntry = errors.New("want [session, line, input] or [session, line, [input, output]]")

// UnmarshalJSON implements [json.Unmarshaler].
func (e *HistoryEntry) UnmarshalJSON(data []byte) error {
	var parts []json.RawMessage
	if json.Unmarshal(data, &parts) != nil || len(parts) != 3 ||
		json.Unmarshal(parts[0], &e.Session) != nil || json.Unmarshal(parts[1], &e.Line) != nil {
		return errHistoryEntry
	}
	var pair []*string
	switch {
	case json.Unmarshal(parts[2], &e.Input) == nil:
		e.WithOutput, e.Output = false, nil
	case json.Unmarshal(parts[2], &pair) == nil && len(pair) == 2 && pair[0] != nil:
		e.WithOutput, e.Input, e.Output = true, *pair[0], pair[1]
	default:
		return errHistoryEntry
	}
	return nil
}
