package kernel_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"lockstep/kernel"
	"lockstep/kernel/display"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
	"lockstep/kernel/wire/wiretest"
)

// TestSchema has the kernel send each type of message that the schema has;
// kerneltest checks all of them. A type that nothing here makes the kernel send
// fails the test, so a new one gets both a schema and a sender.
func TestSchema(t *testing.T) {
	k := kerneltest.Start(t, kerneltest.Config{
		Interpreter: cells{
			"all": func(ctx context.Context, out lang.Output) lang.Result {
				out.Stream("stdout", "text")
				out.Display(display.Message{Action: display.Show, ID: "d", Bundle: kerneltest.Text("1")})
				out.Display(display.Message{Action: display.Update, ID: "d", Bundle: kerneltest.Text("2")})
				out.Display(display.Message{Action: display.ClearNow})
				if _, err := out.Input(ctx, "?", false); err != nil {
					return kerneltest.Fail("input", err.Error())
				}
				out.Page(kerneltest.Text("page"))
				return kerneltest.Value("3")
			},
			"bad": func(context.Context, lang.Output) lang.Result { return kerneltest.Fail("panic", "boom") },
		}.interpreter(),
		Options: kernel.Options{CommTargets: map[string]kernel.CommTarget{
			"talks": func(c *kernel.Comm, m kernel.CommMessage) (kernel.CommHandler, error) {
				return kernel.CommHandler{}, c.Send(m)
			}}},
	})
	cell := k.Execute("all")
	answer(t, k.Client, k.Await(inputRequest), "x")
	k.Finish(cell)
	k.Run("bad")
	for _, t := range []wire.MsgType{wire.KernelInfoRequest, wire.InspectRequest, wire.CompleteRequest, wire.IsCompleteRequest,
		wire.HistoryRequest, wire.CommInfoRequest, wire.ConnectRequest} {
		k.Finish(k.Request(wire.Shell, t, json.RawMessage(`{"code":"x","hist_access_type":"tail"}`)))
	}
	for _, target := range []string{"talks", "unknown"} {
		k.Finish(k.Request(wire.Shell, wire.CommOpen, wire.CommOpenContent{CommID: target, TargetName: target}))
	}
	for _, t := range []wire.MsgType{wire.InterruptRequest, wire.UsageRequest} {
		k.Finish(k.Request(wire.Control, t, json.RawMessage(`{}`)))
	}
	k.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{})
	k.Drain()
	for _, msgType := range kerneltest.Types() {
		switch msgType {
		case wire.CommOpen: // the kernel opens none
		case wire.IOPubWelcome: // taken by the client when it connects
		default:
			if !slices.ContainsFunc(k.Log, func(m *wire.Message) bool { return m.Header.MsgType == msgType }) {
				t.Errorf("%s was never sent", msgType)
			}
		}
	}
}

// TestCheck has messages that the schema must not let pass.
func TestCheck(t *testing.T) {
	sockets := wiretest.Listen(t, wire.NewConnectionInfo(), wire.Options{})
	tests := []struct {
		msgType wire.MsgType
		content string
		want    string // in the error; "" for none
	}{
		{wire.Stream, `{"name":"stdout","text":"x"}`, ""},
		{wire.Stream, `{"name":"stdlog","text":"x"}`, `"name"`},
		{wire.Stream, `{"name":"stdout"}`, `"text" is missing`},
		{wire.Stream, `{"name":"stdout","text":null}`, `"text"`},
		{wire.Stream, `{"name":"stdout","text":"x","extra":1}`, `"extra" does not belong`},
		{wire.ExecuteReply, `{"status":"ok","execution_count":1,"payload":[],"user_expressions":{}}`, ""},
		{wire.ExecuteReply, `{"status":"ok","payload":[],"user_expressions":{}}`, `"execution_count" is missing`},
		{wire.ExecuteReply, `{"status":"aborted"}`, `"execution_count" is missing`},
		{wire.ExecuteReply, `{"status":"fine"}`, `status "fine"`},
		{wire.ExecuteReply, `{"status":"ok","execution_count":1,"payload":[{"source":"page","start":0}],"user_expressions":{}}`, `"data" is missing`},
		{wire.ExecuteResult, `{"execution_count":1,"data":{"text/html":"x"},"metadata":{}}`, "text/plain"},
		{wire.DisplayData, `{"data":{"image/png":5},"metadata":{}}`, "image/png"},
		{wire.UpdateDisplayData, `{"data":{},"metadata":{},"transient":{}}`, `"display_id" is missing`},
		{wire.IsCompleteReply, `{"status":"complete","indent":""}`, `"indent" does not belong`},
		{wire.HistoryReply, `{"status":"ok","history":[[1,2]]}`, `"history"`},
		{wire.ExecuteRequest, `{}`, "do not send"},
	}
	for _, tt := range tests {
		t.Run(string(tt.msgType)+tt.content, func(t *testing.T) {
			m, err := sockets.NewMessage(tt.msgType, nil, json.RawMessage(tt.content))
			if err != nil {
				t.Fatal(err)
			}
			m.Metadata = json.RawMessage(`{}`)
			err = kerneltest.Check(m)
			if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want %q in it", err, tt.want)
			}
		})
	}
}
