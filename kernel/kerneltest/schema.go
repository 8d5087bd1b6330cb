package kerneltest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"lockstep/kernel/wire"
)

// kind is what JSON a field may hold.
type kind func(json.RawMessage) error

func decodes[T any](what string) kind {
	return func(raw json.RawMessage) error {
		var v T
		if string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
			return fmt.Errorf("want %s, got %s", what, raw)
		}
		return nil
	}
}

var (
	text    = decodes[string]("a string")
	boolean = decodes[bool]("a boolean")
	integer = decodes[int64]("an integer")
	number  = decodes[float64]("a number")
	object  = decodes[map[string]json.RawMessage]("an object")
	strs    = decodes[[]string]("an array of strings")
)

// one accepts certain strings.
func one(of ...string) kind {
	return func(raw json.RawMessage) error {
		var s string
		if json.Unmarshal(raw, &s) != nil || !slices.Contains(of, s) {
			return fmt.Errorf("want one of %q, got %s", of, raw)
		}
		return nil
	}
}

// each accepts arrays, or objects, of which every element is accepted.
func each(k kind) kind {
	return func(raw json.RawMessage) error {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			var m map[string]json.RawMessage
			if err := json.Unmarshal(raw, &m); err != nil || m == nil {
				return fmt.Errorf("want a collection, got %s", raw)
			}
			list = slices.Collect(maps.Values(m))
		}
		for _, e := range list {
			if err := k(e); err != nil {
				return err
			}
		}
		return nil
	}
}

// bundle accepts data by MIME type: strings, except for JSON types.
func bundle(raw json.RawMessage) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil || m == nil {
		return fmt.Errorf("want MIME data, got %s", raw)
	}
	for mime, v := range m {
		if err := text(v); err != nil && mime != "application/json" {
			return fmt.Errorf("%s: %w", mime, err)
		}
	}
	return nil
}

// shown accepts a bundle that has plain text, too.
func shown(raw json.RawMessage) error {
	if err := bundle(raw); err != nil {
		return err
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m); m["text/plain"] == nil {
		return fmt.Errorf("want text/plain, got %s", raw)
	}
	return nil
}

// entry accepts an entry of a history_reply.
func entry(raw json.RawMessage) error {
	var e wire.HistoryEntry
	return json.Unmarshal(raw, &e)
}

// shape is what an object must and may hold. Nothing else is allowed: a
// misspelt optional field would else go unnoticed.
type shape struct{ must, may map[string]kind }

type fields = map[string]kind

func (s shape) check(raw json.RawMessage) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil || m == nil {
		return fmt.Errorf("want an object, got %s", raw)
	}
	for name := range s.must {
		if m[name] == nil {
			return fmt.Errorf("field %q is missing in %s", name, raw)
		}
	}
	for name, v := range m {
		k := s.must[name]
		if k == nil {
			k = s.may[name]
		}
		if k == nil {
			return fmt.Errorf("field %q does not belong in %s", name, raw)
		}
		if err := k(v); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	return nil
}

func obj(must fields) kind          { return shape{must, nil}.check }
func objWith(must, may fields) kind { return shape{must, may}.check }
func ok(more fields) fields         { return with(fields{"status": one("ok")}, more) }
func with(a, b fields) fields       { c := maps.Clone(a); maps.Copy(c, b); return c }
func byStatus(kinds map[string]kind) kind {
	return func(raw json.RawMessage) error {
		var s struct{ Status string }
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		k := kinds[s.Status]
		if k == nil {
			return fmt.Errorf("status %q is not one of %q", s.Status, slices.Sorted(maps.Keys(kinds)))
		}
		return k(raw)
	}
}

var (
	failed      = fields{"status": one("error"), "ename": text, "evalue": text, "traceback": strs}
	replyFailed = obj(failed)
	showing     = fields{"data": bundle, "metadata": object}
	transient   = fields{"transient": obj(fields{"display_id": text})}
)

// reply makes the schema of a reply that is either ok or an error.
func reply(must, may fields) kind {
	return byStatus(map[string]kind{"ok": objWith(ok(must), may), "error": replyFailed})
}

var payload = func(raw json.RawMessage) error {
	var p struct{ Source string }
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	switch p.Source {
	case "page":
		return obj(fields{"source": text, "data": shown, "start": integer})(raw)
	case "set_next_input":
		return obj(fields{"source": text, "text": text, "replace": boolean})(raw)
	}
	return fmt.Errorf("payload of source %q", p.Source)
}

// contents has a row for each type of message that a kernel may send.
var contents = map[wire.MsgType]kind{
	wire.KernelInfoReply: reply(fields{
		"protocol_version": text, "implementation": text, "implementation_version": text, "banner": text,
		"language_info": objWith(
			fields{"name": text, "version": text, "mimetype": text, "file_extension": text},
			fields{"pygments_lexer": text, "codemirror_mode": text, "nbconvert_exporter": text}),
		"help_links": each(obj(fields{"text": text, "url": text})),
	}, fields{"supported_features": strs, "debugger": boolean}),
	wire.ExecuteReply: byStatus(map[string]kind{
		"ok": obj(ok(fields{"execution_count": integer, "payload": each(payload),
			"user_expressions": each(byStatus(map[string]kind{
				"ok":    obj(ok(fields{"data": shown, "metadata": object})),
				"error": replyFailed,
			}))})),
		"error":   obj(with(failed, fields{"execution_count": integer})),
		"aborted": obj(fields{"status": text, "execution_count": integer}),
	}),
	wire.InspectReply: reply(fields{"found": boolean, "data": bundle, "metadata": object}, nil),
	wire.CompleteReply: reply(fields{"matches": strs, "cursor_start": integer, "cursor_end": integer,
		"metadata": objWith(nil, fields{"_jupyter_types_experimental": each(objWith(
			fields{"start": integer, "end": integer, "text": text, "type": text},
			fields{"signature": text}))})}, nil),
	wire.IsCompleteReply: byStatus(map[string]kind{
		"complete":   obj(fields{"status": text}),
		"incomplete": obj(fields{"status": text, "indent": text}),
		"invalid":    obj(fields{"status": text}),
		"unknown":    obj(fields{"status": text}),
		"error":      replyFailed,
	}),
	wire.HistoryReply:   reply(fields{"history": each(entry)}, nil),
	wire.CommInfoReply:  reply(fields{"comms": each(obj(fields{"target_name": text}))}, nil),
	wire.ConnectReply:   reply(fields{"shell_port": integer, "iopub_port": integer, "stdin_port": integer, "control_port": integer, "hb_port": integer}, nil),
	wire.ShutdownReply:  reply(fields{"restart": boolean}, nil),
	wire.InterruptReply: reply(nil, nil),
	wire.UsageReply: obj(fields{"hostname": text, "pid": integer, "kernel_cpu": number, "kernel_memory": integer,
		"cpu_count": integer, "host_cpu_percent": number, "host_virtual_memory": object}),

	wire.InputRequest: obj(fields{"prompt": text, "password": boolean}),

	wire.Status:            obj(fields{"execution_state": one("starting", "busy", "idle")}),
	wire.ExecuteInput:      obj(fields{"code": text, "execution_count": integer}),
	wire.ExecuteResult:     objWith(fields{"execution_count": integer, "data": shown, "metadata": object}, transient),
	wire.DisplayData:       objWith(showing, transient),
	wire.UpdateDisplayData: obj(with(showing, transient)),
	wire.Stream:            obj(fields{"name": one("stdout", "stderr"), "text": text}),
	wire.Error:             obj(fields{"ename": text, "evalue": text, "traceback": strs}),
	wire.ClearOutput:       obj(fields{"wait": boolean}),
	wire.CommOpen:          obj(fields{"comm_id": text, "target_name": text, "data": object}),
	wire.CommMsg:           obj(fields{"comm_id": text, "data": object}),
	wire.CommClose:         obj(fields{"comm_id": text, "data": object}),
	wire.IOPubWelcome:      obj(fields{"subscription": text}),
}

// Types returns the types of message that [Check] knows.
func Types() []wire.MsgType { return slices.Sorted(maps.Keys(contents)) }

// Check says what is wrong with a message of a kernel: with its header, or with
// a field of its content that is missing, of the wrong kind or not the
// protocol's.
func Check(m *wire.Message) error {
	h := m.Header
	if err := obj(fields{"msg_id": text, "session": text, "username": text, "date": text, "msg_type": text, "version": text})(h.Raw); err != nil {
		return fmt.Errorf("header of %s: %w", h.MsgType, err)
	}
	if h.MsgID == "" || h.Session == "" || h.Version != wire.ProtocolVersion {
		return fmt.Errorf("header of %s: want ids and version %s, got %s", h.MsgType, wire.ProtocolVersion, h.Raw)
	}
	if _, err := time.Parse(time.RFC3339, h.Date); err != nil {
		return fmt.Errorf("header of %s: %w", h.MsgType, err)
	}
	check := contents[h.MsgType]
	if check == nil {
		return fmt.Errorf("message of a type that kernels do not send: %s", h.MsgType)
	}
	if err := object(m.Metadata); err != nil {
		return fmt.Errorf("metadata of %s: %w", h.MsgType, err)
	}
	if err := check(m.Content); err != nil {
		return fmt.Errorf("content of %s: %w", h.MsgType, err)
	}
	return nil
}
