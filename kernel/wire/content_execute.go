package wire

import "encoding/json"

// ExecuteRequestContent runs a cell. Received ones have the protocol's defaults:
// StoreHistory is !Silent and StopOnError is true where nothing is said, and
// Silent forces StoreHistory to false. A client sends each field as it stands.
type ExecuteRequestContent struct {
	Code            string            `json:"code" wire:"required"`
	Silent          bool              `json:"silent"`
	StoreHistory    bool              `json:"store_history"`
	UserExpressions map[string]string `json:"user_expressions"`
	AllowStdin      bool              `json:"allow_stdin"`
	StopOnError     bool              `json:"stop_on_error"`
}

func (c *ExecuteRequestContent) setDefaults() { c.StoreHistory, c.StopOnError = true, true }

func (c *ExecuteRequestContent) finish(func(string) bool) {
	c.StoreHistory = c.StoreHistory && !c.Silent
}

// ExecuteReplyContent says how a cell went. Only the fields that belong to its
// Status are sent: payload and user expressions for ok, the error for error.
type ExecuteReplyContent struct {
	Status          ReplyStatus               `json:"status" wire:"required"`
	ExecutionCount  int                       `json:"execution_count"`
	Payload         []Payload                 `json:"payload"`
	UserExpressions map[string]UserExpression `json:"user_expressions"`
	EName           string                    `json:"ename"`
	EValue          string                    `json:"evalue"`
	Traceback       []string                  `json:"traceback"`
}

func (c ExecuteReplyContent) shape() any {
	switch c.Status {
	case StatusOK, "":
		return struct {
			Status          ReplyStatus               `json:"status"`
			ExecutionCount  int                       `json:"execution_count"`
			Payload         []Payload                 `json:"payload"`
			UserExpressions map[string]UserExpression `json:"user_expressions"`
		}{c.Status, c.ExecutionCount, c.Payload, c.UserExpressions}
	case StatusError:
		return struct {
			Status         ReplyStatus `json:"status"`
			ExecutionCount int         `json:"execution_count"`
			EName          string      `json:"ename"`
			EValue         string      `json:"evalue"`
			Traceback      []string    `json:"traceback"`
		}{c.Status, c.ExecutionCount, c.EName, c.EValue, c.Traceback}
	}
	return struct {
		Status         ReplyStatus `json:"status"`
		ExecutionCount int         `json:"execution_count"`
	}{c.Status, c.ExecutionCount}
}

// UserExpression is the value of one expression of the request, or its error.
type UserExpression struct {
	Status    ReplyStatus `json:"status"`
	Data      Bundle      `json:"data"`
	Metadata  Bundle      `json:"metadata"`
	EName     string      `json:"ename"`
	EValue    string      `json:"evalue"`
	Traceback []string    `json:"traceback"`
}

// MarshalJSON implements [json.Marshaler]: only the fields that belong to the
// status are written.
func (u UserExpression) MarshalJSON() ([]byte, error) {
	if u.Status == StatusError {
		return marshal(ErrorReplyContent{u.Status, u.EName, u.EValue, u.Traceback})
	}
	return marshal(struct {
		Status   ReplyStatus `json:"status"`
		Data     Bundle      `json:"data"`
		Metadata Bundle      `json:"metadata"`
	}{u.Status, u.Data, u.Metadata})
}

// Payload asks the client for something beside the outputs. The constructors
// make the kinds there are.
type Payload struct {
	Source     string      `json:"source"`
	Data       Bundle      `json:"data,omitempty"`
	Start      *int        `json:"start,omitempty"`
	Text       *string     `json:"text,omitempty"`
	Replace    *bool       `json:"replace,omitempty"`
	KeepKernel *KernelFate `json:"keepkernel,omitempty"`
}

// Placement is where the text of a next-input payload goes.
type Placement bool

// The placements.
const (
	BelowCell   Placement = false // as a new cell
	ReplaceCell Placement = true  // in place of the cell that ran
)

// KernelFate is what an exiting client does with the kernel.
type KernelFate bool

// The fates.
const (
	StopKernel KernelFate = false
	KeepKernel KernelFate = true
)

// PagePayload shows data in the pager, from line start on.
func PagePayload(data Bundle, start int) Payload {
	return Payload{Source: "page", Data: data, Start: &start}
}

// NextInputPayload offers text as a cell.
func NextInputPayload(text string, at Placement) Payload {
	replace := bool(at)
	return Payload{Source: "set_next_input", Text: &text, Replace: &replace}
}

// ExitPayload asks a console to exit.
func ExitPayload(kernel KernelFate) Payload {
	return Payload{Source: "ask_exit", KeepKernel: &kernel}
}

// ExecuteInputContent shows all clients what is about to run.
type ExecuteInputContent struct {
	Code           string `json:"code"`
	ExecutionCount int    `json:"execution_count"`
}

// ExecuteResultContent is the value of a cell.
type ExecuteResultContent struct {
	ExecutionCount int        `json:"execution_count"`
	Data           Bundle     `json:"data"`
	Metadata       Bundle     `json:"metadata"`
	Transient      *Transient `json:"transient,omitempty"`
}

// DisplayDataContent is an output.
type DisplayDataContent struct {
	Data      Bundle     `json:"data"`
	Metadata  Bundle     `json:"metadata"`
	Transient *Transient `json:"transient,omitempty"`
}

// UpdateDisplayDataContent replaces the outputs that have the display id of its
// Transient.
type UpdateDisplayDataContent struct {
	Data      Bundle    `json:"data"`
	Metadata  Bundle    `json:"metadata"`
	Transient Transient `json:"transient"`
}

// Transient is what a notebook file does not keep.
type Transient struct {
	DisplayID string `json:"display_id,omitempty"`
}

// StreamName is one of the standard streams.
type StreamName string

// The streams.
const (
	Stdout StreamName = "stdout"
	Stderr StreamName = "stderr"
)

// StreamContent is text that a cell printed.
type StreamContent struct {
	Name StreamName `json:"name"`
	Text string     `json:"text"`
}

// ErrorContent is the error that ended a cell.
type ErrorContent struct {
	EName     string   `json:"ename"`
	EValue    string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

// ClearOutputContent clears the outputs of a cell.
type ClearOutputContent struct {
	Wait bool `json:"wait"` // until the next output comes
}

// ExecutionState is what a kernel is doing.
type ExecutionState string

// The states. Starting is sent once, without a parent.
const (
	StateStarting ExecutionState = "starting"
	StateBusy     ExecutionState = "busy"
	StateIdle     ExecutionState = "idle"
)

// StatusContent tells what the kernel is doing for the parent.
type StatusContent struct {
	ExecutionState ExecutionState `json:"execution_state"`
}

// IOPubWelcomeContent greets a subscriber.
type IOPubWelcomeContent struct {
	Subscription string `json:"subscription"`
}

var _ json.Marshaler = UserExpression{}
