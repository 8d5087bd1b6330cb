package kernel_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel"
	"lockstep/kernel/display"
	"lockstep/kernel/history"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// TestEveryRequest sends each type of request, well formed and not. Whatever it
// is: busy and idle with its header as their parent, one reply if the type has
// one, and the kernel goes on. kerneltest checks the schema of all that comes.
func TestEveryRequest(t *testing.T) {
	tests := []struct {
		channel wire.Channel
		msgType wire.MsgType
		content string
		reply   string // "" for none, else something that must be in it
	}{
		{wire.Shell, wire.KernelInfoRequest, `{}`, `"protocol_version":"5.5"`},
		{wire.Control, wire.KernelInfoRequest, `{}`, `"implementation":"lockstep"`},
		{wire.Shell, wire.ExecuteRequest, `{"code":"x"}`, `"status":"ok"`},
		{wire.Shell, wire.ExecuteRequest, `{"code":["x"]}`, `"execution_count":1`},
		{wire.Shell, wire.ExecuteRequest, `{}`, `"status":"error"`},
		{wire.Shell, wire.InspectRequest, `{"code":"known","cursor_pos":2,"detail_level":0}`, `"found":true`},
		{wire.Shell, wire.InspectRequest, `{"code":"other","cursor_pos":2,"detail_level":0}`, `"data":{}`},
		{wire.Shell, wire.InspectRequest, `{"cursor_pos":2}`, `"status":"error"`},
		{wire.Shell, wire.CompleteRequest, `{"code":"é😀pri","cursor_pos":5}`, `"cursor_start":2,"cursor_end":5`},
		{wire.Shell, wire.CompleteRequest, `{"code":"é😀pri","cursor_pos":4}`, `"matches":[],"cursor_start":4,"cursor_end":4`},
		{wire.Shell, wire.CompleteRequest, `{"code":5}`, `"status":"error"`},
		{wire.Shell, wire.IsCompleteRequest, `{"code":"for {"}`, `{"status":"incomplete","indent":"\t"}`},
		{wire.Shell, wire.IsCompleteRequest, `{"code":"x"}`, `{"status":"complete"}`},
		{wire.Shell, wire.IsCompleteRequest, `{"code":null}`, `"status":"error"`},
		{wire.Shell, wire.HistoryRequest, `{"hist_access_type":"tail","n":3,"raw":true,"output":true}`, `"history":[`},
		{wire.Shell, wire.HistoryRequest, `{"hist_access_type":"sideways"}`, `"status":"error"`},
		{wire.Shell, wire.CommInfoRequest, `{}`, `"comms":{}`},
		{wire.Shell, wire.CommOpen, `{"comm_id":"1","target_name":"none","data":{}}`, ``},
		{wire.Shell, wire.CommMsg, `{"comm_id":"1","data":{}}`, ``},
		{wire.Shell, wire.CommMsg, `{}`, ``},
		{wire.Shell, wire.CommClose, `{"comm_id":"1","data":{}}`, ``},
		{wire.Shell, wire.ConnectRequest, `{}`, `"shell_port":`},
		{wire.Control, wire.ConnectRequest, `{}`, `"hb_port":`},
		{wire.Control, wire.InterruptRequest, `{}`, `"status":"ok"`},
		{wire.Control, wire.UsageRequest, `{}`, `"kernel_memory":`},
		{wire.Shell, wire.ShutdownRequest, `{"restart":5}`, `"status":"error"`},
		{wire.Shell, "future_request", `{}`, ``},
		{wire.Control, "debug_request", `{}`, ``},
		{wire.Control, wire.ExecuteReply, `{}`, ``},
	}
	k := kerneltest.Start(t, kerneltest.Config{
		Interpreter: &kerneltest.Interpreter{
			CompleteFunc: func(_ context.Context, code string, pos int) lang.Completion {
				if pos != 5 {
					return lang.Completion{}
				}
				return lang.Completion{Start: 2, End: 5, Items: []lang.CompletionItem{
					{Text: "print", Kind: "function", Signature: "(args ...any)"}, {Text: "private", Kind: "variable"}}}
			},
			InspectFunc: func(_ context.Context, code string, _, _ int) (display.Bundle, bool) {
				return kerneltest.Text("doc"), code == "known"
			},
			IsCompleteFunc: func(code string) lang.Completeness {
				if strings.HasSuffix(code, "{") {
					return lang.Completeness{Status: "incomplete", Indent: "\t"}
				}
				return lang.Completeness{Status: "complete"}
			},
		},
		Options: kernel.Options{History: history.Open("", history.Options{})},
	})
	for _, tt := range tests {
		t.Run(tt.channel.String()+"/"+string(tt.msgType)+tt.content, func(t *testing.T) {
			a := k.Finish(k.Request(tt.channel, tt.msgType, json.RawMessage(tt.content)))
			switch {
			case tt.reply == "" && a.Reply != nil:
				t.Errorf("got reply %s, want none", a.Reply.Content)
			case tt.reply != "" && a.Reply == nil:
				t.Error("got no reply")
			case tt.reply != "" && !strings.Contains(string(a.Reply.Content), tt.reply):
				t.Errorf("got reply %s, want %s in it", a.Reply.Content, tt.reply)
			}
			if tt.reply != "" && a.Reply.Channel != tt.channel {
				t.Errorf("got the reply on %s, want %s", a.Reply.Channel, tt.channel)
			}
		})
	}
}

func TestCompletionTypes(t *testing.T) {
	k := kerneltest.Start(t, kerneltest.Config{Interpreter: &kerneltest.Interpreter{
		CompleteFunc: func(context.Context, string, int) lang.Completion {
			return lang.Completion{Start: 1, End: 3, Items: []lang.CompletionItem{{Text: "Println", Kind: "function", Signature: "(a ...any)"}}}
		}}})
	a := k.Finish(k.Request(wire.Shell, wire.CompleteRequest, wire.CompleteRequestContent{Code: "äPr", CursorPos: 3}))
	got := kerneltest.Content[wire.CompleteReplyContent](t, a.Reply)
	want := wire.CompleteReplyContent{Status: wire.StatusOK, Matches: []string{"Println"}, CursorStart: 1, CursorEnd: 3,
		Metadata: wire.CompleteMetadata{Types: []wire.CompletionType{{Start: 1, End: 3, Text: "Println", Type: "function", Signature: "(a ...any)"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:\n" + diff)
	}
}

func TestKernelInfo(t *testing.T) {
	options := kernel.Options{
		Implementation: "impl", ImplementationVersion: "1.2.3", Banner: "hello",
		LanguageInfo: wire.LanguageInfo{Name: "go", Version: "1.99", MIMEType: "text/x-go", FileExtension: ".go"},
		HelpLinks:    []wire.HelpLink{{Text: "Go", URL: "https://go.dev"}},
	}
	k := kerneltest.Start(t, kerneltest.Config{Options: options})
	a := k.Finish(k.Request(wire.Control, wire.KernelInfoRequest, wire.KernelInfoRequestContent{}))
	got := kerneltest.Content[wire.KernelInfoReplyContent](t, a.Reply)
	want := wire.KernelInfoReplyContent{Status: wire.StatusOK, ProtocolVersion: "5.5", Implementation: "impl", ImplementationVersion: "1.2.3",
		LanguageInfo: options.LanguageInfo, Banner: "hello", HelpLinks: options.HelpLinks, SupportedFeatures: []string{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:\n" + diff)
	}
}

func TestConnect(t *testing.T) {
	k := start(t, nil)
	info := k.Sockets.Info()
	a := k.Finish(k.Request(wire.Shell, wire.ConnectRequest, wire.ConnectRequestContent{}))
	got := kerneltest.Content[wire.ConnectReplyContent](t, a.Reply)
	want := wire.ConnectReplyContent{Status: wire.StatusOK, ShellPort: info.ShellPort, IOPubPort: info.IOPubPort,
		StdinPort: info.StdinPort, ControlPort: info.ControlPort, HBPort: info.HBPort}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestPanics has each function of the interpreter panic: the client gets an
// error, and the kernel goes on.
func TestPanics(t *testing.T) {
	k := kerneltest.Start(t, kerneltest.Config{Interpreter: &kerneltest.Interpreter{
		CompleteFunc:   func(context.Context, string, int) lang.Completion { panic("ouch") },
		InspectFunc:    func(context.Context, string, int, int) (display.Bundle, bool) { panic("ouch") },
		IsCompleteFunc: func(string) lang.Completeness { panic("ouch") },
	}})
	for _, msgType := range []wire.MsgType{wire.CompleteRequest, wire.InspectRequest, wire.IsCompleteRequest} {
		a := k.Finish(k.Request(wire.Shell, msgType, json.RawMessage(`{"code":"x","cursor_pos":0}`)))
		got := kerneltest.Content[wire.ErrorReplyContent](t, a.Reply)
		if got.Status != wire.StatusError || got.EValue != "ouch" {
			t.Errorf("%s: got %+v, want the panic as its error", msgType, got)
		}
	}
	if reply, _ := k.Run("x"); reply.Status != wire.StatusOK {
		t.Errorf("next cell: got %s", reply.Status)
	}
}

// TestBesideACell asks, on shell and control, while a cell runs. The cell goes on
// only after all is answered.
func TestBesideACell(t *testing.T) {
	tests := []struct {
		channel wire.Channel
		msgType wire.MsgType
		content string
	}{
		{wire.Shell, wire.KernelInfoRequest, `{}`},
		{wire.Control, wire.KernelInfoRequest, `{}`},
		{wire.Shell, wire.IsCompleteRequest, `{"code":"x"}`},
		{wire.Shell, wire.CompleteRequest, `{"code":"x","cursor_pos":1}`},
		{wire.Shell, wire.InspectRequest, `{"code":"x","cursor_pos":1}`},
		{wire.Shell, wire.HistoryRequest, `{"hist_access_type":"tail"}`},
		{wire.Shell, wire.CommInfoRequest, `{}`},
		{wire.Control, wire.UsageRequest, `{}`},
	}
	g := newGate()
	k := start(t, cells{"wait": g.cell})
	cell := k.Execute("wait")
	<-g.entered
	for _, tt := range tests {
		req := k.Request(tt.channel, tt.msgType, json.RawMessage(tt.content))
		if a := k.Finish(req); a.Reply == nil {
			t.Errorf("%s on %s: got no reply", tt.msgType, tt.channel)
		}
	}
	if slices.ContainsFunc(k.Log, func(m *wire.Message) bool { return m.IsReplyTo(cell) && m.Header.MsgType == wire.ExecuteReply }) {
		t.Fatal("cell ended before it was allowed to")
	}
	close(g.open)
	if got := brief(k.Finish(cell).Reply); got != "reply ok 1" {
		t.Errorf("got %s", got)
	}
}

func TestHistory(t *testing.T) {
	store := t.TempDir() + "/history.sqlite"
	open := func() *kerneltest.Kernel {
		return kerneltest.Start(t, kerneltest.Config{
			Interpreter: cells{
				"1+1":  func(context.Context, lang.Output) lang.Result { return kerneltest.Value("2") },
				"x=3":  nothing,
				"oops": func(context.Context, lang.Output) lang.Result { return kerneltest.Fail("panic", "boom") },
				" ":    nothing,
			}.interpreter(),
			Options: kernel.Options{History: history.Open(store, history.Options{})},
		})
	}
	first := open()
	first.Run("1+1")
	first.Run("x=3")
	first.Stop()
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	k := open()
	k.Run("1+1")
	k.Run(" ")
	k.Finish(k.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: "x=3"})) // not stored
	k.Run("oops")

	tests := []struct{ name, ask, want string }{
		{"tail", `{"hist_access_type":"tail","n":2,"raw":true,"output":false}`, `[[2,1,"1+1"],[2,3,"oops"]]`},
		{"tail with output", `{"hist_access_type":"tail","n":3,"raw":true,"output":true}`,
			`[[1,2,["x=3",null]],[2,1,["1+1","2"]],[2,3,["oops",null]]]`},
		{"range of this session", `{"hist_access_type":"range","session":0,"start":1,"stop":2}`, `[[2,1,"1+1"]]`},
		{"range of the last session", `{"hist_access_type":"range","session":-1,"start":0,"stop":null}`, `[[1,1,"1+1"],[1,2,"x=3"]]`},
		{"search", `{"hist_access_type":"search","pattern":"1?1"}`, `[[1,1,"1+1"],[2,1,"1+1"]]`},
		{"search unique", `{"hist_access_type":"search","pattern":"*1","unique":true,"output":true}`, `[[2,1,["1+1","2"]]]`},
		{"search n", `{"hist_access_type":"search","pattern":"*","n":1}`, `[[2,3,"oops"]]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := k.Finish(k.Request(wire.Shell, wire.HistoryRequest, json.RawMessage(tt.ask)))
			var got struct{ History json.RawMessage }
			if err := json.Unmarshal(a.Reply.Content, &got); err != nil {
				t.Fatal(err)
			}
			if string(got.History) != tt.want {
				t.Errorf("got %s, want %s", got.History, tt.want)
			}
		})
	}
}

// TestUsage: the user's code runs in child processes, so they count.
func TestUsage(t *testing.T) {
	k := start(t, nil)
	ask := func() wire.UsageReplyContent {
		a := k.Finish(k.Request(wire.Control, wire.UsageRequest, wire.UsageRequestContent{}))
		return kerneltest.Content[wire.UsageReplyContent](t, a.Reply)
	}
	alone := ask()
	if alone.PID != os.Getpid() || alone.KernelMemory <= 0 || alone.CPUCount < 1 || alone.Hostname == "" || alone.HostVirtualMemory.Total <= 0 {
		t.Errorf("got %+v, want this process and machine", alone)
	}
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childEnv+"="+childSleeps)
	pipe, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	ready, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		pipe.Close()
		child.Wait()
	}()
	if _, err := ready.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	// The child holds 64 MB, which no change of this process comes near.
	if with := ask(); with.KernelMemory < alone.KernelMemory+childBytes/2 {
		t.Errorf("got %d bytes with a child and %d without, want its %d added", with.KernelMemory, alone.KernelMemory, childBytes)
	}
}
