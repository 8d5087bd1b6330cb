package wire

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func ptr[T any](v T) *T { return &v }

// pair returns a row of TestContents: v is written as text, and read from it
// again as the same. Empty slices and maps become nil on both sides.
func pair[T any](t MsgType, v T, text string) contentRow {
	return contentRow{t, v, text, func(m *Message) (any, error) { return Decode[T](m) }}
}

type contentRow struct {
	msgType MsgType
	value   any
	text    string
	decode  func(*Message) (any, error)
}

var contents = []contentRow{
	pair(KernelInfoRequest, KernelInfoRequestContent{}, `{}`),
	pair(KernelInfoReply, KernelInfoReplyContent{
		Status: StatusOK, ProtocolVersion: "5.5", Implementation: "i", ImplementationVersion: "1",
		LanguageInfo: LanguageInfo{Name: "go", Version: "1.26", MIMEType: "text/x-go", FileExtension: ".go", PygmentsLexer: "go"},
		Banner:       "b", HelpLinks: []HelpLink{{"Go", "https://go.dev/?a=1&b=<2>"}}, SupportedFeatures: []string{"f"},
	}, `{"status":"ok","protocol_version":"5.5","implementation":"i","implementation_version":"1","language_info":{"name":"go","version":"1.26","mimetype":"text/x-go","file_extension":".go","pygments_lexer":"go"},"banner":"b","help_links":[{"text":"Go","url":"https://go.dev/?a=1&b=<2>"}],"supported_features":["f"]}`),
	pair(ExecuteRequest, ExecuteRequestContent{Code: "x", StoreHistory: true, UserExpressions: map[string]string{"a": "b"}, AllowStdin: true},
		`{"code":"x","silent":false,"store_history":true,"user_expressions":{"a":"b"},"allow_stdin":true,"stop_on_error":false}`),
	pair(ExecuteReply, ExecuteReplyContent{Status: StatusOK, ExecutionCount: 2,
		Payload: []Payload{PagePayload(Bundle{"text/plain": "p"}, 0), NextInputPayload("", BelowCell), ExitPayload(StopKernel)},
		UserExpressions: map[string]UserExpression{
			"good": {Status: StatusOK, Data: Bundle{"text/plain": "<1>"}, Metadata: Bundle{}},
			"bad":  {Status: StatusError, EName: "E", EValue: "v", Traceback: []string{"t"}},
		}},
		`{"status":"ok","execution_count":2,"payload":[{"source":"page","data":{"text/plain":"p"},"start":0},{"source":"set_next_input","text":"","replace":false},{"source":"ask_exit","keepkernel":false}],"user_expressions":{"bad":{"status":"error","ename":"E","evalue":"v","traceback":["t"]},"good":{"status":"ok","data":{"text/plain":"<1>"},"metadata":{}}}}`),
	pair(ExecuteReply, ExecuteReplyContent{Status: StatusOK, ExecutionCount: 1}, `{"status":"ok","execution_count":1,"payload":[],"user_expressions":{}}`),
	pair(ExecuteReply, ExecuteReplyContent{Status: StatusError, ExecutionCount: 1, EName: "E", EValue: "v"}, `{"status":"error","execution_count":1,"ename":"E","evalue":"v","traceback":[]}`),
	pair(ExecuteReply, ExecuteReplyContent{Status: StatusAborted, ExecutionCount: 1}, `{"status":"aborted","execution_count":1}`),
	pair(ExecuteInput, ExecuteInputContent{"a < b", 1}, `{"code":"a < b","execution_count":1}`),
	pair(ExecuteResult, ExecuteResultContent{ExecutionCount: 1, Data: Bundle{"text/plain": "1"}}, `{"execution_count":1,"data":{"text/plain":"1"},"metadata":{}}`),
	pair(DisplayData, DisplayDataContent{Data: Bundle{"application/json": json.RawMessage(`{"b":1.50,"a":2}`)}, Transient: &Transient{"d"}}, `{"data":{"application/json":{"b":1.50,"a":2}},"metadata":{},"transient":{"display_id":"d"}}`),
	pair(UpdateDisplayData, UpdateDisplayDataContent{Data: Bundle{"text/html": "<b>&"}, Metadata: Bundle{"m": json.RawMessage("true")}, Transient: Transient{"d"}}, `{"data":{"text/html":"<b>&"},"metadata":{"m":true},"transient":{"display_id":"d"}}`),
	pair(Stream, StreamContent{Stderr, "a\n"}, `{"name":"stderr","text":"a\n"}`),
	pair(Error, ErrorContent{"E", "v", []string{"t"}}, `{"ename":"E","evalue":"v","traceback":["t"]}`),
	pair(Error, ErrorContent{EName: "E"}, `{"ename":"E","evalue":"","traceback":[]}`),
	pair(ClearOutput, ClearOutputContent{true}, `{"wait":true}`),
	pair(Status, StatusContent{StateBusy}, `{"execution_state":"busy"}`),
	pair(IOPubWelcome, IOPubWelcomeContent{"t"}, `{"subscription":"t"}`),
	pair(InspectRequest, InspectRequestContent{Code: "abc", CursorPos: 2, DetailLevel: 1}, `{"code":"abc","cursor_pos":2,"detail_level":1}`),
	pair(InspectReply, InspectReplyContent{Status: StatusOK}, `{"status":"ok","found":false,"data":{},"metadata":{}}`),
	pair(CompleteRequest, CompleteRequestContent{"abc", 3}, `{"code":"abc","cursor_pos":3}`),
	pair(CompleteReply, CompleteReplyContent{Status: StatusOK, CursorStart: 1, CursorEnd: 2}, `{"status":"ok","matches":[],"cursor_start":1,"cursor_end":2,"metadata":{}}`),
	pair(CompleteReply, CompleteReplyContent{Status: StatusOK, Matches: []string{"m"}, Metadata: CompleteMetadata{[]CompletionType{{0, 1, "m", "function", "func()"}}}},
		`{"status":"ok","matches":["m"],"cursor_start":0,"cursor_end":0,"metadata":{"_jupyter_types_experimental":[{"start":0,"end":1,"text":"m","type":"function","signature":"func()"}]}}`),
	pair(IsCompleteRequest, IsCompleteRequestContent{"x"}, `{"code":"x"}`),
	pair(IsCompleteReply, IsCompleteReplyContent{Status: Incomplete, Indent: "\t"}, `{"status":"incomplete","indent":"\t"}`),
	pair(IsCompleteReply, IsCompleteReplyContent{Status: Complete}, `{"status":"complete"}`),
	pair(HistoryRequest, HistoryRequestContent{Access: HistoryRange, Output: true, Raw: true, Session: -1, Start: 1, Stop: ptr(3)},
		`{"output":true,"raw":true,"hist_access_type":"range","session":-1,"start":1,"stop":3,"n":0,"pattern":"","unique":false}`),
	pair(HistoryReply, HistoryReplyContent{StatusOK, []HistoryEntry{{Session: 1, Line: 2, Input: "a<b"}, {Session: 1, Line: 3, Input: "c", Output: ptr("d"), WithOutput: true}, {Session: 1, Line: 4, Input: "e", WithOutput: true}}},
		`{"status":"ok","history":[[1,2,"a<b"],[1,3,["c","d"]],[1,4,["e",null]]]}`),
	pair(CommInfoRequest, CommInfoRequestContent{"t"}, `{"target_name":"t"}`),
	pair(CommInfoReply, CommInfoReplyContent{StatusOK, map[string]CommInfo{"id": {"t"}}}, `{"status":"ok","comms":{"id":{"target_name":"t"}}}`),
	pair(CommInfoReply, CommInfoReplyContent{Status: StatusOK}, `{"status":"ok","comms":{}}`),
	pair(CommOpen, CommOpenContent{"id", "t", json.RawMessage(`{"a":[1]}`)}, `{"comm_id":"id","target_name":"t","data":{"a":[1]}}`),
	pair(CommMsg, CommMsgContent{"id", json.RawMessage(`[1]`)}, `{"comm_id":"id","data":[1]}`),
	pair(CommClose, CommCloseContent{CommID: "id", Data: json.RawMessage(`{}`)}, `{"comm_id":"id","data":{}}`),
	pair(ConnectRequest, ConnectRequestContent{}, `{}`),
	pair(ConnectReply, ConnectReplyContent{StatusOK, 1, 2, 3, 4, 5}, `{"status":"ok","shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5}`),
	pair(ShutdownRequest, ShutdownRequestContent{true}, `{"restart":true}`),
	pair(ShutdownReply, ShutdownReplyContent{StatusOK, true}, `{"status":"ok","restart":true}`),
	pair(InterruptRequest, InterruptRequestContent{}, `{}`),
	pair(InterruptReply, InterruptReplyContent{StatusOK}, `{"status":"ok"}`),
	pair(UsageRequest, UsageRequestContent{}, `{}`),
	pair(UsageReply, UsageReplyContent{"h", 1, 2.5, 3, 4, 5.5, VirtualMemory{1, 2, 3, 4, 5}},
		`{"hostname":"h","pid":1,"kernel_cpu":2.5,"kernel_memory":3,"cpu_count":4,"host_cpu_percent":5.5,"host_virtual_memory":{"total":1,"available":2,"percent":3,"used":4,"free":5}}`),
	pair(InputRequest, InputRequestContent{"?", true}, `{"prompt":"?","password":true}`),
	pair(InputReply, InputReplyContent{"v"}, `{"value":"v"}`),
	pair(InspectReply, NewErrorReply("E", "v", "t"), `{"status":"error","ename":"E","evalue":"v","traceback":["t"]}`),
}

func TestContents(t *testing.T) {
	a := newAuthor("s", "u")
	for _, tt := range contents {
		t.Run(string(tt.msgType), func(t *testing.T) {
			m, err := a.NewMessage(tt.msgType, nil, tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if string(m.Content) != tt.text {
				t.Errorf("written as\n%s, want\n%s", m.Content, tt.text)
			}
			got, err := tt.decode(&Message{Header: m.Header, Content: json.RawMessage(tt.text)})
			if err != nil {
				t.Fatal(err)
			}
			again, err := a.NewMessage(tt.msgType, nil, got)
			if err != nil {
				t.Fatal(err)
			}
			if string(again.Content) != tt.text {
				t.Errorf("read as %+v", got)
			}
		})
	}
}

// Every message type has its rows above, and the rows read back to equal values.
func TestContentsAreComplete(t *testing.T) {
	have := make(map[MsgType]bool)
	for _, tt := range contents {
		have[tt.msgType] = true
		if reply, ok := tt.msgType.Reply(); ok {
			have[reply] = have[reply] || false
		}
	}
	for msgType, ok := range have {
		if !ok {
			t.Errorf("%s has no row", msgType)
		}
	}
	if got, want := len(have), 36; got != want {
		t.Errorf("got rows for %d message types, want %d: one for each constant", got, want)
	}
	if reply, ok := Stream.Reply(); ok {
		t.Errorf("a stream is replied to with %s", reply)
	}
}

func TestDecodeValues(t *testing.T) {
	tests := []struct {
		name string
		got  func(content string) (any, error)
		text string
		want any
	}{
		{"execute: defaults", decodeAny[ExecuteRequestContent], `{"code":""}`, ExecuteRequestContent{StoreHistory: true, StopOnError: true}},
		{"execute: nulls", decodeAny[ExecuteRequestContent], `{"code":"","store_history":null,"user_expressions":null,"stop_on_error":null}`, ExecuteRequestContent{StoreHistory: true, StopOnError: true}},
		{"execute: silent", decodeAny[ExecuteRequestContent], `{"code":"","silent":true}`, ExecuteRequestContent{Silent: true, StopOnError: true}},
		{"execute: silent wins", decodeAny[ExecuteRequestContent], `{"code":"","silent":true,"store_history":true}`, ExecuteRequestContent{Silent: true, StopOnError: true}},
		{"execute: told not to", decodeAny[ExecuteRequestContent], `{"code":"","store_history":false,"stop_on_error":false}`, ExecuteRequestContent{}},
		{"unknown fields", decodeAny[ClearOutputContent], `{"wait":true,"future":[{}]}`, ClearOutputContent{true}},
		{"names have case", decodeAny[ClearOutputContent], `{"Wait":true}`, ClearOutputContent{}},
		{"cursor in code points", decodeAny[CompleteRequestContent], `{"code":"aé世😀"}`, CompleteRequestContent{"aé世😀", 4}},
		{"cursor behind the end", decodeAny[InspectRequestContent], `{"code":"é","cursor_pos":9}`, InspectRequestContent{Code: "é", CursorPos: 1}},
		{"cursor before the start", decodeAny[InspectRequestContent], `{"code":"é","cursor_pos":-1}`, InspectRequestContent{Code: "é"}},
		{"bundle", decodeAny[ExecuteResultContent], `{"data":{"a":"s","b":{"c":[1.0]},"d":"q\"\n","e":null}}`, ExecuteResultContent{Data: Bundle{"a": "s", "b": json.RawMessage(`{"c":[1.0]}`), "d": "q\"\n", "e": json.RawMessage("null")}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.got(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

func decodeAny[T any](content string) (any, error) {
	return Decode[T](&Message{Header: Header{MsgType: "some_type"}, Content: json.RawMessage(content)})
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		name   string
		got    func(content string) (any, error)
		text   string
		field  string
		value  string
		errors string
	}{
		{"missing", decodeAny[ExecuteRequestContent], `{"silent":true}`, "code", "", `some_type: field "code": is required`},
		{"null", decodeAny[ExecuteRequestContent], `{"code":null}`, "code", "null", `some_type: field "code": is required, got null`},
		{"wrong type", decodeAny[ExecuteRequestContent], `{"code":{"a":1}}`, "code", `{"a":1}`, `some_type: field "code": want a string, got {"a":1}`},
		{"wrong bool", decodeAny[ExecuteRequestContent], `{"code":"","silent":"yes"}`, "silent", `"yes"`, `some_type: field "silent": want true or false, got "yes"`},
		{"fraction", decodeAny[CompleteRequestContent], `{"code":"","cursor_pos":1.5}`, "cursor_pos", `1.5`, `some_type: field "cursor_pos": want an integer, got 1.5`},
		{"inside", decodeAny[ExecuteRequestContent], `{"code":"","user_expressions":{"a":1}}`, "user_expressions", `{"a":1}`, `some_type: field "user_expressions": want a string, got {"a":1}`},
		{"history entry", decodeAny[HistoryReplyContent], `{"history":[[1,2]]}`, "history", `[[1,2]]`, `some_type: field "history": want [session, line, input] or [session, line, [input, output]], got [[1,2]]`},
		{"an array", decodeAny[ExecuteRequestContent], `[1]`, "", `[1]`, `some_type: want a JSON object, got [1]`},
		{"null object", decodeAny[ExecuteRequestContent], `null`, "", `null`, `some_type: want a JSON object, got null`},
		{"long value", decodeAny[ClearOutputContent], `{"wait":"` + strings.Repeat("x", 100) + `"}`, "wait", `"` + strings.Repeat("x", 100) + `"`, `some_type: field "wait": want true or false, got "` + strings.Repeat("x", 59) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.got(tt.text)
			e, ok := errors.AsType[*DecodeError](err)
			if !ok {
				t.Fatalf("got error %v, want a *DecodeError", err)
			}
			if e.Field != tt.field || string(e.Value) != tt.value || string(e.Raw) != tt.text || e.MsgType != "some_type" {
				t.Errorf("got %+v", e)
			}
			if e.Error() != tt.errors {
				t.Errorf("got  %s\nwant %s", e, tt.errors)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	a := newAuthor("s", "u")
	for name, content := range map[string]any{
		"NaN":           UsageReplyContent{KernelCPU: math.NaN()},
		"infinity":      DisplayDataContent{Data: Bundle{"application/json": map[string]any{"x": math.Inf(1)}}},
		"no object":     []int{1},
		"a string":      "text",
		"a nil pointer": (*StatusContent)(nil),
		"a channel":     struct{ C chan int }{make(chan int)},
		"broken JSON":   CommMsgContent{CommID: "x", Data: json.RawMessage("{")},
	} {
		if m, err := a.NewMessage(DisplayData, nil, content); err == nil || !strings.HasPrefix(err.Error(), "content of display_data") {
			t.Errorf("%s: got %v, %v, want an error about the content of display_data", name, m, err)
		}
	}
	m := &Message{Header: Header{MsgType: DisplayData}}
	for name, metadata := range map[string]any{"NaN": map[string]float64{"x": math.NaN()}, "no object": 1, "null": nil} {
		if err := m.SetMetadata(metadata); err == nil || m.Metadata != nil {
			t.Errorf("metadata %s: got %s, %v, want an error", name, m.Metadata, err)
		}
	}
}

func TestEncodeReplaces(t *testing.T) {
	a := newAuthor("s", "u")
	tests := []struct {
		name    string
		content any
		want    string
	}{
		{"invalid UTF-8 in a string", StreamContent{Stdout, "a\xff\xfeb"}, `"text":"a\ufffd\ufffdb"`},
		{"invalid UTF-8 in raw JSON", CommMsgContent{"x", json.RawMessage("{\"k\":\"a\xffb\"}")}, `{"k":"a` + "\ufffd" + `b"}`},
		{"bytes as base64", DisplayDataContent{Data: Bundle{"image/png": []byte{1, 2, 3, 4}}}, `"image/png":"AQIDBA=="`},
		{"no status", ShutdownReplyContent{}, `"status":"ok"`},
		{"no status of a cell", ExecuteReplyContent{}, `"status":"ok","execution_count":0,"payload":[]`},
		{"no data", CommOpenContent{}, `"data":{}`},
		{"a pointer", &InspectReplyContent{}, `"data":{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := a.NewMessage("x", nil, tt.content)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(m.Content), tt.want) {
				t.Errorf("got %s, want it to contain %s", m.Content, tt.want)
			}
		})
	}
}

func TestRequestMetadata(t *testing.T) {
	m := &Message{Metadata: json.RawMessage(`{"cellId":"c","deletedCells":["d","e"],"recordTiming":true,"trusted":true,"future":1}`)}
	got, err := DecodeMetadata(m)
	if want := (RequestMetadata{CellID: "c", DeletedCells: []string{"d", "e"}, RecordTiming: true, Trusted: true}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	m.Metadata = json.RawMessage(`{"cellId":1}`)
	if _, err := DecodeMetadata(m); !isDecodeError(err) {
		t.Errorf("got error %v, want a *DecodeError", err)
	}
}
