package wire

import "strings"

// Channel is one of the five sockets of a kernel.
type Channel int

// The channels.
const (
	Shell     Channel = iota // requests of clients
	Control                  // requests that must not wait for shell
	Stdin                    // the kernel asks for input
	IOPub                    // outputs and status, to all clients
	Heartbeat                // echo
	channels  int     = iota
)

// String returns the name that the connection file uses: "shell", "control",
// "stdin", "iopub" or "hb".
func (c Channel) String() string {
	return [channels]string{"shell", "control", "stdin", "iopub", "hb"}[c]
}

// MsgType is the type of a message, as the protocol spells it.
type MsgType string

// The messages of protocol 5.5 except the debugger's and the subshells', and
// usage_request, which jupyter-resource-usage sends.
const (
	KernelInfoRequest MsgType = "kernel_info_request"
	KernelInfoReply   MsgType = "kernel_info_reply"
	ExecuteRequest    MsgType = "execute_request"
	ExecuteReply      MsgType = "execute_reply"
	ExecuteInput      MsgType = "execute_input"
	ExecuteResult     MsgType = "execute_result"
	InspectRequest    MsgType = "inspect_request"
	InspectReply      MsgType = "inspect_reply"
	CompleteRequest   MsgType = "complete_request"
	CompleteReply     MsgType = "complete_reply"
	IsCompleteRequest MsgType = "is_complete_request"
	IsCompleteReply   MsgType = "is_complete_reply"
	HistoryRequest    MsgType = "history_request"
	HistoryReply      MsgType = "history_reply"
	CommInfoRequest   MsgType = "comm_info_request"
	CommInfoReply     MsgType = "comm_info_reply"
	CommOpen          MsgType = "comm_open"
	CommMsg           MsgType = "comm_msg"
	CommClose         MsgType = "comm_close"
	ConnectRequest    MsgType = "connect_request"
	ConnectReply      MsgType = "connect_reply"
	ShutdownRequest   MsgType = "shutdown_request"
	ShutdownReply     MsgType = "shutdown_reply"
	InterruptRequest  MsgType = "interrupt_request"
	InterruptReply    MsgType = "interrupt_reply"
	UsageRequest      MsgType = "usage_request"
	UsageReply        MsgType = "usage_reply"
	InputRequest      MsgType = "input_request"
	InputReply        MsgType = "input_reply"
	DisplayData       MsgType = "display_data"
	UpdateDisplayData MsgType = "update_display_data"
	Stream            MsgType = "stream"
	Error             MsgType = "error"
	ClearOutput       MsgType = "clear_output"
	Status            MsgType = "status"
	IOPubWelcome      MsgType = "iopub_welcome"
)

// Reply returns the type of the reply to a request of type t, and false if t is
// no request.
func (t MsgType) Reply() (MsgType, bool) {
	stem, ok := strings.CutSuffix(string(t), "_request")
	if !ok {
		return "", false
	}
	return MsgType(stem + "_reply"), true
}

// kept holds the iopub messages that a client cannot do without: a lost idle
// leaves a cell running for ever. The others carry output, and may be many.
var kept = map[MsgType]bool{
	Status:        true,
	Error:         true,
	ExecuteInput:  true,
	ClearOutput:   true,
	ShutdownReply: true,
	CommOpen:      true,
	CommClose:     true,
}
