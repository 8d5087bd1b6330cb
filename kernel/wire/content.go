package wire

import (
	"cmp"
	"encoding/json"
	"unicode/utf8"
)

// ReplyStatus is how a request went. The zero value is sent as ok.
type ReplyStatus string

// MarshalText implements [encoding.TextMarshaler].
func (s ReplyStatus) MarshalText() ([]byte, error) {
	return []byte(cmp.Or(s, StatusOK)), nil
}

// The statuses of replies.
const (
	StatusOK      ReplyStatus = "ok"
	StatusError   ReplyStatus = "error"
	StatusAborted ReplyStatus = "aborted" // an earlier request of the queue failed
)

// ErrorReplyContent is the content of any reply to a request that failed.
type ErrorReplyContent struct {
	Status    ReplyStatus `json:"status"`
	EName     string      `json:"ename"`
	EValue    string      `json:"evalue"`
	Traceback []string    `json:"traceback"`
}

// NewErrorReply returns the content of a reply to a request that failed.
func NewErrorReply(ename, evalue string, traceback ...string) ErrorReplyContent {
	return ErrorReplyContent{StatusError, ename, evalue, traceback}
}

// Bundle holds a value in several representations by MIME type. A []byte is
// written as base64, as the binary types want it. Received values are strings
// or, for JSON types, json.RawMessage.
type Bundle map[string]any

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Bundle) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*b = make(Bundle, len(raw))
	for mime, value := range raw {
		var s string
		if len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &s) == nil {
			(*b)[mime] = s
		} else {
			(*b)[mime] = value
		}
	}
	return nil
}

// KernelInfoRequestContent asks what the kernel is.
type KernelInfoRequestContent struct{}

// KernelInfoReplyContent says what the kernel is.
type KernelInfoReplyContent struct {
	Status                ReplyStatus  `json:"status"`
	ProtocolVersion       string       `json:"protocol_version"`
	Implementation        string       `json:"implementation"`
	ImplementationVersion string       `json:"implementation_version"`
	LanguageInfo          LanguageInfo `json:"language_info"`
	Banner                string       `json:"banner"`
	HelpLinks             []HelpLink   `json:"help_links"`
	SupportedFeatures     []string     `json:"supported_features"`
	Debugger              bool         `json:"debugger,omitempty"` // deprecated
}

// LanguageInfo describes the language to editors and exporters.
type LanguageInfo struct {
	Name              string `json:"name"`
	Version           string `json:"version"`
	MIMEType          string `json:"mimetype"`
	FileExtension     string `json:"file_extension"`
	PygmentsLexer     string `json:"pygments_lexer,omitempty"`
	CodeMirrorMode    string `json:"codemirror_mode,omitempty"`
	NBConvertExporter string `json:"nbconvert_exporter,omitempty"`
}

// HelpLink is an entry of the Help menu.
type HelpLink struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// ConnectRequestContent asks for the ports; deprecated.
type ConnectRequestContent struct{}

// ConnectReplyContent tells the ports.
type ConnectReplyContent struct {
	Status      ReplyStatus `json:"status"`
	ShellPort   int         `json:"shell_port"`
	IOPubPort   int         `json:"iopub_port"`
	StdinPort   int         `json:"stdin_port"`
	ControlPort int         `json:"control_port"`
	HBPort      int         `json:"hb_port"`
}

// ShutdownRequestContent ends the kernel.
type ShutdownRequestContent struct {
	Restart bool `json:"restart"` // a new one will follow
}

// ShutdownReplyContent is the last message of a kernel.
type ShutdownReplyContent struct {
	Status  ReplyStatus `json:"status"`
	Restart bool        `json:"restart"`
}

// InterruptRequestContent interrupts the running cell.
type InterruptRequestContent struct{}

// InterruptReplyContent says that the interrupt is on its way.
type InterruptReplyContent struct {
	Status ReplyStatus `json:"status"`
}

// UsageRequestContent asks what the kernel uses; not in the protocol's text.
type UsageRequestContent struct{}

// UsageReplyContent says what the kernel uses, as jupyter-resource-usage wants it.
type UsageReplyContent struct {
	Hostname          string        `json:"hostname"`
	PID               int           `json:"pid"`
	KernelCPU         float64       `json:"kernel_cpu"`    // per cent of one core
	KernelMemory      int64         `json:"kernel_memory"` // bytes
	CPUCount          int           `json:"cpu_count"`
	HostCPUPercent    float64       `json:"host_cpu_percent"`
	HostVirtualMemory VirtualMemory `json:"host_virtual_memory"`
}

// VirtualMemory is the memory of the machine, in bytes.
type VirtualMemory struct {
	Total     int64   `json:"total"`
	Available int64   `json:"available"`
	Percent   float64 `json:"percent"`
	Used      int64   `json:"used"`
	Free      int64   `json:"free"`
}

// CommInfoRequestContent asks for the open comms.
type CommInfoRequestContent struct {
	TargetName string `json:"target_name,omitempty"` // "" for all
}

// CommInfoReplyContent lists open comms by id.
type CommInfoReplyContent struct {
	Status ReplyStatus         `json:"status"`
	Comms  map[string]CommInfo `json:"comms"`
}

// CommInfo describes an open comm.
type CommInfo struct {
	TargetName string `json:"target_name"`
}

// CommOpenContent opens a comm. Data is any JSON; nil is sent as {}.
type CommOpenContent struct {
	CommID     string          `json:"comm_id" wire:"required"`
	TargetName string          `json:"target_name"`
	Data       json.RawMessage `json:"data"`
}

// CommMsgContent is a message on a comm. Data is any JSON; nil is sent as {}.
type CommMsgContent struct {
	CommID string          `json:"comm_id" wire:"required"`
	Data   json.RawMessage `json:"data"`
}

// CommCloseContent ends a comm, or says that there is none of that id.
type CommCloseContent struct {
	CommID string          `json:"comm_id" wire:"required"`
	Data   json.RawMessage `json:"data"`
}

// InputRequestContent asks the user for a line.
type InputRequestContent struct {
	Prompt   string `json:"prompt"`
	Password bool   `json:"password"` // do not show what is typed
}

// InputReplyContent is the line that the user typed.
type InputReplyContent struct {
	Value string `json:"value" wire:"required"`
}

// clampCursor returns a position that is in code: the end when none was given.
func clampCursor(code string, pos int, given bool) int {
	end := utf8.RuneCountInString(code)
	if !given {
		return end
	}
	return max(0, min(pos, end))
}
