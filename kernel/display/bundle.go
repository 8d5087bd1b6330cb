package display

// MIME types that the kernel produces itself.
const (
	MIMEText       = "text/plain"
	MIMEHTML       = "text/html"
	MIMEMarkdown   = "text/markdown"
	MIMELatex      = "text/latex"
	MIMESVG        = "image/svg+xml"
	MIMEPNG        = "image/png"
	MIMEJPEG       = "image/jpeg"
	MIMEResult     = "application/vnd.lockstep.result+json"
	MIMEJSON       = "application/json"
	MIMEJavaScript = "application/javascript"
)

// Bundle is one value in several representations, keyed by MIME type, as
// display_data and execute_result carry it. Text types hold a string, binary
// types a base64 string, application/json a JSON value (as [encoding/json.RawMessage]).
type Bundle struct {
	Data     map[string]any
	Metadata map[string]any
}

// Action says what a [Message] does with a cell's output area.
type Action int

// The actions of a [Message].
const (
	Show       Action = iota // display_data
	Update                   // update_display_data: replace what ID shows
	ClearNow                 // clear_output now
	ClearLater               // clear_output when the next output arrives
)

// Message is one change to a cell's output area.
type Message struct {
	Action Action
	ID     string // display id; may be "" for Show
	Bundle Bundle
}
