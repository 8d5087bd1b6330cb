package kernel_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/wire"
)

func TestUnknownCommTarget(t *testing.T) {
	k := start(t, nil)
	a := k.Finish(k.Request(wire.Shell, wire.CommOpen, wire.CommOpenContent{CommID: "c1", TargetName: "jupyter.widget"}))
	if len(a.Outputs) != 1 || a.Outputs[0].Header.MsgType != wire.CommClose {
		t.Fatalf("got %v, want a comm_close", briefs(a.Outputs))
	}
	if got := kerneltest.Content[wire.CommCloseContent](t, a.Outputs[0]).CommID; got != "c1" {
		t.Errorf("got id %q, want that of the comm_open", got)
	}
}

// TestComm takes a comm through its life: "echo" sends back what it gets.
func TestComm(t *testing.T) {
	closed := make(chan string, 1)
	targets := map[string]kernel.CommTarget{
		"echo": func(c *kernel.Comm, opening kernel.CommMessage) (kernel.CommHandler, error) {
			if c.Target() != "echo" {
				t.Errorf("got target %q", c.Target())
			}
			return kernel.CommHandler{
				Message: func(m kernel.CommMessage) error { return c.Send(m) },
				Closed:  func(kernel.CommMessage) { closed <- c.ID() },
			}, c.Send(opening)
		},
		"closes": func(c *kernel.Comm, _ kernel.CommMessage) (kernel.CommHandler, error) {
			return kernel.CommHandler{Message: func(m kernel.CommMessage) error {
				return errors.Join(c.Close(m), c.Close(m)) // once is enough
			}}, nil
		},
		"refuses": func(*kernel.Comm, kernel.CommMessage) (kernel.CommHandler, error) {
			return kernel.CommHandler{}, errors.New("no")
		},
		"panics": func(*kernel.Comm, kernel.CommMessage) (kernel.CommHandler, error) { panic("ouch") },
	}
	k := kerneltest.Start(t, kerneltest.Config{Options: kernel.Options{CommTargets: targets}})

	// say sends a message with metadata and buffers and returns what comes back.
	say := func(msgType wire.MsgType, content any) []string {
		t.Helper()
		m, err := k.Client.NewMessage(msgType, nil, content)
		if err != nil {
			t.Fatal(err)
		}
		m.Metadata = json.RawMessage(`{"version":"2.1.0"}`)
		m.Buffers = [][]byte{{1, 2}, {}}
		if err := k.Client.Send(wire.Shell, m); err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, out := range k.Finish(m).Outputs {
			got = append(got, string(out.Header.MsgType)+" "+string(out.Content))
			if out.Header.MsgType == wire.CommMsg && (string(out.Metadata) != string(m.Metadata) || !cmp.Equal(out.Buffers, m.Buffers)) {
				t.Errorf("got metadata %s and buffers %v, want them as they were sent", out.Metadata, out.Buffers)
			}
		}
		return got
	}
	open := func(target string) map[string]wire.CommInfo {
		t.Helper()
		a := k.Finish(k.Request(wire.Shell, wire.CommInfoRequest, wire.CommInfoRequestContent{TargetName: target}))
		return kerneltest.Content[wire.CommInfoReplyContent](t, a.Reply).Comms
	}
	data := json.RawMessage(`{"x":[1]}`)
	steps := []struct {
		name    string
		msgType wire.MsgType
		content any
		want    []string
	}{
		{"open", wire.CommOpen, wire.CommOpenContent{CommID: "1", TargetName: "echo", Data: data}, []string{`comm_msg {"comm_id":"1","data":{"x":[1]}}`}},
		{"open another", wire.CommOpen, wire.CommOpenContent{CommID: "2", TargetName: "closes"}, []string{}},
		{"message", wire.CommMsg, wire.CommMsgContent{CommID: "1", Data: data}, []string{`comm_msg {"comm_id":"1","data":{"x":[1]}}`}},
		{"message to none", wire.CommMsg, wire.CommMsgContent{CommID: "9", Data: data}, []string{}},
		{"refused", wire.CommOpen, wire.CommOpenContent{CommID: "3", TargetName: "refuses"}, []string{`comm_close {"comm_id":"3","data":{}}`}},
		{"panic", wire.CommOpen, wire.CommOpenContent{CommID: "4", TargetName: "panics"}, []string{`comm_close {"comm_id":"4","data":{}}`}},
	}
	for _, s := range steps {
		if diff := cmp.Diff(s.want, say(s.msgType, s.content)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", s.name, diff)
		}
	}
	if diff := cmp.Diff(map[string]wire.CommInfo{"1": {TargetName: "echo"}, "2": {TargetName: "closes"}}, open("")); diff != "" {
		t.Error("comm_info: -want +got:\n" + diff)
	}
	if diff := cmp.Diff(map[string]wire.CommInfo{"2": {TargetName: "closes"}}, open("closes")); diff != "" {
		t.Error("comm_info of a target: -want +got:\n" + diff)
	}
	if diff := cmp.Diff([]string{`comm_close {"comm_id":"2","data":{"x":[1]}}`}, say(wire.CommMsg, wire.CommMsgContent{CommID: "2", Data: data})); diff != "" {
		t.Error("closed by the kernel: -want +got:\n" + diff)
	}
	say(wire.CommClose, wire.CommCloseContent{CommID: "1"})
	if got := <-closed; got != "1" {
		t.Errorf("closed by the client: got %q", got)
	}
	if got := open(""); len(got) != 0 {
		t.Errorf("got %v open, want none", got)
	}
}
