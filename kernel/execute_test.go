package kernel_test

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel/display"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// TestOrder fixes what a cell sends, in the order in which it is handed to the
// sockets, replies included.
func TestOrder(t *testing.T) {
	text := kerneltest.Text
	tests := []struct {
		name string
		cell func(context.Context, lang.Output) lang.Result
		want []string
	}{
		{"nothing", nothing, []string{"busy", "in[1] x", "reply ok 1", "idle"}},
		{"text", func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stdout", "a")
			out.Stream("stdout", "b\n")
			return lang.Result{}
		}, []string{"busy", "in[1] x", `stdout "ab\n"`, "reply ok 1", "idle"}},
		{"both streams", func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stdout", "a")
			out.Stream("stderr", "b")
			out.Stream("stderr", "c")
			out.Stream("stdout", "d")
			return lang.Result{}
		}, []string{"busy", "in[1] x", `stdout "a"`, `stderr "bc"`, `stdout "d"`, "reply ok 1", "idle"}},
		{"value after text", func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stdout", "a")
			return kerneltest.Value("6")
		}, []string{"busy", "in[1] x", `stdout "a"`, "out[1] 6", "reply ok 1", "idle"}},
		{"error after text", func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stderr", "a")
			return kerneltest.Fail("panic", "boom")
		}, []string{"busy", "in[1] x", `stderr "a"`, "error panic: boom [panic: boom]", "reply error 1", "idle"}},
		{"displays among text", func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stdout", "1")
			out.Display(display.Message{Action: display.Show, Bundle: text("A")})
			out.Stream("stdout", "2")
			out.Display(display.Message{Action: display.Show, ID: "h", Bundle: text("B")})
			out.Stream("stdout", "3")
			out.Display(display.Message{Action: display.Update, ID: "h", Bundle: text("C")})
			out.Stream("stdout", "4")
			out.Display(display.Message{Action: display.ClearLater})
			out.Stream("stdout", "5")
			out.Display(display.Message{Action: display.ClearNow})
			return lang.Result{}
		}, []string{"busy", "in[1] x", `stdout "1"`, "display A", `stdout "2"`, "display B as h", `stdout "3"`, "update C as h",
			`stdout "4"`, "clear wait=true", `stdout "5"`, "clear wait=false", "reply ok 1", "idle"}},
		{"value that JSON cannot hold", func(context.Context, lang.Output) lang.Result {
			return lang.Result{Value: &display.Bundle{Data: map[string]any{"text/plain": "NaN", "application/json": math.NaN()}}}
		}, []string{"busy", "in[1] x",
			`stderr "value cannot be shown: content of execute_result: json: unsupported value: NaN\n"`, "reply ok 1", "idle"}},
		{"value without text", func(context.Context, lang.Output) lang.Result {
			return lang.Result{Value: &display.Bundle{Data: map[string]any{"image/png": "aGk=", "text/html": "<b>"}}}
		}, []string{"busy", "in[1] x", "out[1] <image/png, text/html>", "reply ok 1", "idle"}},
		{"panic of the interpreter", func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stdout", "a")
			panic("ouch")
		}, []string{"busy", "in[1] x", `stdout "a"`, "error internal error: ouch [internal error: ouch]", "reply error 1", "idle"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := start(t, cells{"x": tt.cell})
			req := k.Execute("x")
			k.Finish(req)
			got := []string{}
			for _, m := range k.Sent() {
				if m.IsReplyTo(req) {
					got = append(got, brief(m))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error("-want +got:\n" + diff)
			}
		})
	}
}

func TestStarting(t *testing.T) {
	k := start(t, cells{"x": nothing})
	k.Run("x")
	k.Run("x")
	sent := k.Sent()
	starting := func(m *wire.Message) bool { return brief(m) == string(wire.StateStarting) }
	if got := slices.IndexFunc(sent, starting); got != 0 || len(slices.DeleteFunc(slices.Clone(sent), starting)) != len(sent)-1 {
		t.Errorf("want starting once, before all else; got %v", briefs(sent))
	}
	if got := string(sent[0].ParentHeader); got != "" && got != "{}" {
		t.Errorf("starting: got parent %s, want none", got)
	}
}

func TestExecuteOptions(t *testing.T) {
	work := cells{
		"ok": func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stdout", "text")
			out.Display(display.Message{Bundle: kerneltest.Text("shown")})
			return kerneltest.Value("v")
		},
		"bad": func(_ context.Context, out lang.Output) lang.Result {
			out.Stream("stdout", "text")
			return kerneltest.Fail("panic", "boom")
		},
	}
	tests := []struct {
		name    string
		content string // JSON, as other clients send it
		want    []string
		reply   string
	}{
		{"defaults", `{"code":"ok"}`, []string{"in[2] ok", `stdout "text"`, "display shown", "out[2] v"}, "reply ok 2"},
		{"nulls are defaults", `{"code":"ok","silent":null,"store_history":null}`,
			[]string{"in[2] ok", `stdout "text"`, "display shown", "out[2] v"}, "reply ok 2"},
		{"store_history false", `{"code":"ok","store_history":false}`,
			[]string{"in[1] ok", `stdout "text"`, "display shown", "out[1] v"}, "reply ok 1"},
		{"silent", `{"code":"ok","silent":true}`, []string{}, "reply ok 1"},
		{"silent forces store_history", `{"code":"ok","silent":true,"store_history":true}`, []string{}, "reply ok 1"},
		{"silent error", `{"code":"bad","silent":true}`, []string{}, "reply error 1"},
		{"error", `{"code":"bad"}`, []string{"in[2] bad", `stdout "text"`, "error panic: boom [panic: boom]"}, "reply error 2"},
		{"unknown fields", `{"code":"ok","silent":true,"future":[1]}`, []string{}, "reply ok 1"},
		{"no code", `{}`, []string{}, "reply error 1"},
		{"code is a number", `{"code":1}`, []string{}, "reply error 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := start(t, work)
			k.Run("ok")
			a := k.Finish(k.Request(wire.Shell, wire.ExecuteRequest, json.RawMessage(tt.content)))
			if diff := cmp.Diff(tt.want, briefs(a.Outputs)); diff != "" {
				t.Error("-want +got:\n" + diff)
			}
			if got := brief(a.Reply); got != tt.reply {
				t.Errorf("got %s, want %s", got, tt.reply)
			}
			// None of them costs the next cell anything.
			if reply, _ := k.Run("ok"); reply.Status != wire.StatusOK {
				t.Errorf("next cell: got %s", reply.Status)
			}
		})
	}
}

// TestRequestReachesInterpreter has what the language side sees of a request.
func TestRequestReachesInterpreter(t *testing.T) {
	var got []lang.Request
	k := kerneltest.Start(t, kerneltest.Config{Interpreter: &kerneltest.Interpreter{
		ExecuteFunc: func(_ context.Context, req lang.Request, _ lang.Output) lang.Result {
			got = append(got, req)
			return lang.Result{}
		}}})
	send := func(content wire.ExecuteRequestContent, metadata any) {
		t.Helper()
		m, err := k.Client.NewMessage(wire.ExecuteRequest, nil, content)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.SetMetadata(metadata); err != nil {
			t.Fatal(err)
		}
		if err := k.Client.Send(wire.Shell, m); err != nil {
			t.Fatal(err)
		}
		k.Finish(m)
	}
	send(wire.ExecuteRequestContent{Code: "a", StoreHistory: true, AllowStdin: true}, map[string]any{"cellId": "c1"})
	send(wire.ExecuteRequestContent{Code: "b", Silent: true}, map[string]any{"cellId": 5}) // not as it should be
	want := []lang.Request{
		{Code: "a", Count: 1, AllowInput: true, CellID: "c1"},
		{Code: "b", Count: 1, Silent: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:\n" + diff)
	}
}

func TestUserExpressions(t *testing.T) {
	evaluated := 0
	k := kerneltest.Start(t, kerneltest.Config{Interpreter: &kerneltest.Interpreter{
		ExecuteFunc: func(_ context.Context, req lang.Request, _ lang.Output) lang.Result {
			if req.Code == "bad" {
				return kerneltest.Fail("panic", "boom")
			}
			return lang.Result{}
		},
		EvaluateFunc: func(_ context.Context, expression string) (display.Bundle, *lang.Error) {
			evaluated++
			switch expression {
			case "undefined":
				return display.Bundle{}, &lang.Error{Name: "compile error", Value: "undefined: undefined"}
			case "panic":
				panic("ouch")
			}
			return kerneltest.Text("<" + expression + ">"), nil
		},
	}})
	ask := func(code string) wire.ExecuteReplyContent {
		a := k.Finish(k.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: code, Silent: true,
			UserExpressions: map[string]string{"a": "x", "b": "undefined", "c": "panic"}}))
		return kerneltest.Content[wire.ExecuteReplyContent](t, a.Reply)
	}
	got := ask("ok").UserExpressions
	want := map[string]wire.UserExpression{
		"a": {Status: wire.StatusOK, Data: wire.Bundle{"text/plain": "<x>"}, Metadata: wire.Bundle{}},
		"b": {Status: wire.StatusError, EName: "compile error", EValue: "undefined: undefined", Traceback: []string{"compile error: undefined: undefined"}},
		"c": {Status: wire.StatusError, EName: "internal error", EValue: "ouch", Traceback: []string{"internal error: ouch"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:\n" + diff)
	}
	evaluated = 0
	if ask("bad"); evaluated != 0 {
		t.Errorf("after a failed cell: got %d evaluations, want none", evaluated)
	}
}

func TestPayload(t *testing.T) {
	k := start(t, cells{"x": func(_ context.Context, out lang.Output) lang.Result {
		out.Page(kerneltest.Text("manual"))
		out.SetNextInput("first", false)
		out.SetNextInput("second", true)
		return lang.Result{}
	}, "none": nothing})
	reply, _ := k.Run("x")
	got, err := json.Marshal(reply.Payload)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"source":"page","data":{"text/plain":"manual"},"start":0},{"source":"set_next_input","text":"second","replace":true}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if reply, _ := k.Run("none"); len(reply.Payload) != 0 {
		t.Errorf("next cell: got payload %v, want none", reply.Payload)
	}
}

func TestStopOnError(t *testing.T) {
	tests := []struct {
		name  string
		first wire.ExecuteRequestContent
		want  []string
	}{
		{"default", wire.ExecuteRequestContent{Code: "fail", StoreHistory: true, StopOnError: true},
			[]string{"reply error 1", "reply aborted 1", "reply aborted 1"}},
		{"not asked for", wire.ExecuteRequestContent{Code: "fail", StoreHistory: true, StopOnError: false},
			[]string{"reply error 1", "reply ok 2", "reply ok 3"}},
		{"no error", wire.ExecuteRequestContent{Code: "wait", StoreHistory: true, StopOnError: true},
			[]string{"reply ok 1", "reply ok 2", "reply ok 3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entered, open := make(chan struct{}), make(chan struct{})
			wait := func(res lang.Result) func(context.Context, lang.Output) lang.Result {
				return func(context.Context, lang.Output) lang.Result {
					close(entered)
					<-open
					return res
				}
			}
			ran := 0
			k := start(t, cells{
				"fail": wait(kerneltest.Fail("panic", "boom")),
				"wait": wait(lang.Result{}),
				"x":    func(context.Context, lang.Output) lang.Result { ran++; return lang.Result{} },
			})
			requests := []*wire.Message{k.Request(wire.Shell, wire.ExecuteRequest, tt.first)}
			<-entered
			requests = append(requests, k.Execute("x"),
				k.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: "x", StoreHistory: true}))
			other := k.Request(wire.Shell, wire.CommMsg, wire.CommMsgContent{CommID: "none"})
			info := k.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{})
			k.Finish(info) // so all before it are in the queue
			close(open)

			got := []string{}
			aborted := 0
			for _, req := range requests {
				a := k.Finish(req)
				got = append(got, brief(a.Reply))
				if strings.HasPrefix(brief(a.Reply), "reply aborted") {
					aborted++
					if len(a.Outputs) > 0 {
						t.Errorf("aborted: got outputs %v, want none", briefs(a.Outputs))
					}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error("-want +got:\n" + diff)
			}
			if ran != 2-aborted {
				t.Errorf("got %d cells run, want %d", ran, 2-aborted)
			}
			k.Finish(other)
			// Only those that were waiting are aborted.
			if reply, _ := k.Run("x"); reply.Status != wire.StatusOK {
				t.Errorf("later cell: got %s", reply.Status)
			}
		})
	}
}

func TestTimingMetadata(t *testing.T) {
	k := start(t, cells{"x": nothing})
	reply := k.Finish(k.Execute("x")).Reply
	var metadata map[string]any
	if err := json.Unmarshal(reply.Metadata, &metadata); err != nil {
		t.Fatal(err)
	}
	if got, ok := metadata["started"].(string); !ok || !strings.HasSuffix(got, "Z") {
		t.Errorf("got metadata %s, want started with the time in UTC", slices.Sorted(maps.Keys(metadata)))
	}
}
