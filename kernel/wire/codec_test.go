package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func newCodec(t testing.TB, key string) *Codec {
	t.Helper()
	c, err := NewCodec(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signed returns the frames of a message with these four parts.
func signed(c *Codec, parts ...string) [][]byte {
	f := frames(parts...)
	return slices.Concat(frames("id", "<IDS|MSG>"), [][]byte{c.signer.sum(f)}, f)
}

const someHeader = `{"msg_id":"1","msg_type":"status","session":"s"}`

// The signature that jupyter_client 8.10 computes for the key "secret".
func TestKnownSignature(t *testing.T) {
	c := newCodec(t, "secret")
	got := string(c.signer.sum(frames(`{"msg_id": "1"}`, "{}", "{}", `{"code": "x"}`)))
	if want := "a896ac4a1f0d3cc5d9dfd6d57b917c2aa72ce718e82b88efad88e6f14c10fdcc"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDecodeFrames(t *testing.T) {
	tests := []struct {
		name   string
		key    string
		change func(c *Codec, f [][]byte) [][]byte
		want   error // nil: it is accepted
	}{
		{"right", "k", func(_ *Codec, f [][]byte) [][]byte { return f }, nil},
		{"two identities", "k", func(_ *Codec, f [][]byte) [][]byte { return slices.Concat(frames("first"), f) }, nil},
		{"no identity", "k", func(_ *Codec, f [][]byte) [][]byte { return f[1:] }, nil},
		{"buffers are not signed", "k", func(_ *Codec, f [][]byte) [][]byte { return append(f, []byte("buf")) }, nil},
		{"delimiter as a buffer", "k", func(_ *Codec, f [][]byte) [][]byte { return append(f, delimiter) }, nil},
		{"unsigned with a key", "k", func(_ *Codec, f [][]byte) [][]byte { f[2] = nil; return f }, ErrSignature},
		{"upper case", "k", func(_ *Codec, f [][]byte) [][]byte { f[2] = bytes.ToUpper(f[2]); return f }, ErrSignature},
		{"other key", "k", func(_ *Codec, f [][]byte) [][]byte { f[2] = newCodec(t, "l").signer.sum(f[3:7]); return f }, ErrSignature},
		{"header changed", "k", func(_ *Codec, f [][]byte) [][]byte { f[3] = append(f[3], ' '); return f }, ErrSignature},
		{"parent changed", "k", func(_ *Codec, f [][]byte) [][]byte { f[4] = append(f[4], ' '); return f }, ErrSignature},
		{"metadata changed", "k", func(_ *Codec, f [][]byte) [][]byte { f[5] = append(f[5], ' '); return f }, ErrSignature},
		{"content changed", "k", func(_ *Codec, f [][]byte) [][]byte { f[6] = append(f[6], ' '); return f }, ErrSignature},
		{"no key, no signature", "", func(_ *Codec, f [][]byte) [][]byte { return f }, nil},
		{"no key, some signature", "", func(_ *Codec, f [][]byte) [][]byte { f[2] = []byte("x"); return f }, nil},
		{"no frames", "k", func(*Codec, [][]byte) [][]byte { return nil }, ErrMalformed},
		{"no delimiter", "k", func(_ *Codec, f [][]byte) [][]byte { return slices.Delete(f, 1, 2) }, ErrMalformed},
		{"nothing after the delimiter", "k", func(_ *Codec, f [][]byte) [][]byte { return f[:2] }, ErrMalformed},
		{"three parts", "k", func(_ *Codec, f [][]byte) [][]byte { return f[:6] }, ErrMalformed},
		{"header is no JSON", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, "x", "{}", "{}", "{}") }, ErrMalformed},
		{"header is an array", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, "[]", "{}", "{}", "{}") }, ErrMalformed},
		{"header is null", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, "null", "{}", "{}", "{}") }, ErrMalformed},
		{"header without msg_id", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, `{"msg_type":"x"}`, "{}", "{}", "{}") }, ErrMalformed},
		{"header without msg_type", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, `{"msg_id":"x"}`, "{}", "{}", "{}") }, ErrMalformed},
		{"msg_type is a number", "k", func(c *Codec, _ [][]byte) [][]byte {
			return signed(c, `{"msg_id":"x","msg_type":1}`, "{}", "{}", "{}")
		}, ErrMalformed},
		{"parent is no JSON", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, someHeader, "{", "{}", "{}") }, ErrMalformed},
		{"metadata is an array", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, someHeader, "{}", "[]", "{}") }, ErrMalformed},
		{"content is no JSON", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, someHeader, "{}", "{}", "{]") }, ErrMalformed},
		{"content is empty", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, someHeader, "{}", "{}", "") }, ErrMalformed},
		{"nulls", "k", func(c *Codec, _ [][]byte) [][]byte { return signed(c, someHeader, "null", " null ", "null") }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCodec(t, tt.key)
			f := tt.change(c, signed(c, someHeader, `{"msg_id":"0"}`, `{}`, `{"execution_state":"busy"}`))
			m, err := c.Decode(f)
			if !errors.Is(err, tt.want) || (err == nil) != (m != nil) {
				t.Fatalf("got %v, %v, want error %v", m, err, tt.want)
			}
			if err != nil {
				return
			}
			if m.Header.MsgID != "1" || m.Header.MsgType != Status || string(m.Header.Raw) != someHeader {
				t.Errorf("got header %+v", m.Header)
			}
			for _, part := range []json.RawMessage{m.ParentHeader, m.Metadata, m.Content} {
				if part[0] != '{' {
					t.Errorf("got part %q, want an object", part)
				}
			}
		})
	}
}

func TestReplay(t *testing.T) {
	const history = 100
	c := newCodec(t, "k")
	if c.signer.history != 65536 {
		t.Errorf("got a history of %d, want 65,536 as jupyter_client has it", c.signer.history)
	}
	c.signer.history = history
	first := signed(c, someHeader, "{}", "{}", "{}")
	if _, err := c.Decode(first); err != nil {
		t.Fatal(err)
	}
	again := append(slices.Clone(first), []byte("with another buffer"))
	if _, err := c.Decode(again); err != ErrReplay {
		t.Fatalf("got error %v, want ErrReplay", err)
	}
	number := func(i int) [][]byte {
		b, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		return signed(c, someHeader, "{}", "{}", `{"n":`+string(b)+`}`)
	}
	for i := range history - 1 {
		if _, err := c.Decode(number(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Decode(first); err != ErrReplay {
		t.Errorf("after %d others: got error %v, want ErrReplay", history-1, err)
	}
	// One more forgets the oldest, and only that.
	if _, err := c.Decode(number(-1)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Decode(first); err != nil {
		t.Errorf("after %d others: got error %v, want it forgotten", history, err)
	}
	if _, err := c.Decode(number(1)); err != ErrReplay {
		t.Errorf("got error %v, want ErrReplay", err)
	}
	if n := len(c.signer.seen); n != history {
		t.Errorf("got %d digests, want %d", n, history)
	}
	// Without a key there is no signature that could repeat.
	open := newCodec(t, "")
	for range 2 {
		if _, err := open.Decode(signed(open, someHeader, "{}", "{}", "{}")); err != nil {
			t.Error(err)
		}
	}
}

func TestSchemes(t *testing.T) {
	for scheme, length := range map[string]int{"": 64, "hmac-sha256": 64, "hmac-sha384": 96, "hmac-sha512": 128} {
		c, err := NewCodec("k", scheme)
		if err != nil {
			t.Fatal(err)
		}
		f := signed(c, someHeader, "{}", "{}", "{}")
		if got := len(f[2]); got != length {
			t.Errorf("%q: got a signature of %d digits, want %d", scheme, got, length)
		}
		if _, err := c.Decode(f); err != nil {
			t.Errorf("%q: %v", scheme, err)
		}
	}
	if _, err := NewCodec("k", "hmac-md4"); err == nil || !strings.Contains(err.Error(), `"hmac-md4"`) {
		t.Errorf("got error %v, want one that names the scheme", err)
	}
}

// What was sent comes back the same, and the header of a request becomes the
// parent of its answers with every key and blank.
func TestEncodeDecode(t *testing.T) {
	c := newCodec(t, "k")
	a := newAuthor("session", "user")
	header := `{ "msg_type":"execute_request", "msg_id":"r-1","future": {"b":1, "a":[2]},"session":"cs","subshell_id":null}`
	req, err := c.Decode(signed(c, header, "{}", "{}", `{"code":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := a.NewMessage(ExecuteReply, req, ExecuteReplyContent{ExecutionCount: 3})
	if err != nil {
		t.Fatal(err)
	}
	reply.Identities, reply.Buffers = frames("a", "b"), frames("", "buffer", "<IDS|MSG>")
	f, err := c.Encode(reply)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.ParentHeader) != header {
		t.Errorf("got parent %s, want %s", got.ParentHeader, header)
	}
	if !got.IsReplyTo(req) {
		t.Error("it is not taken for a reply to the request")
	}
	if !slices.EqualFunc(got.Identities, reply.Identities, bytes.Equal) || !slices.EqualFunc(got.Buffers, reply.Buffers, bytes.Equal) {
		t.Errorf("got identities %q and buffers %q", got.Identities, got.Buffers)
	}
	h := got.Header
	if h.Session != "session" || h.Username != "user" || h.Version != "5.5" || h.MsgType != ExecuteReply || !strings.HasSuffix(h.Date, "Z") || len(h.MsgID) != 36 {
		t.Errorf("got header %+v", h)
	}
	none, err := a.NewMessage(Status, nil, StatusContent{StateStarting})
	if err != nil {
		t.Fatal(err)
	}
	if f, err = c.Encode(none); err != nil || string(f[3]) != "{}" || string(f[4]) != "{}" {
		t.Errorf("got %q, %v, want parent and metadata {}", f, err)
	}
	if none.IsReplyTo(req) {
		t.Error("a message without a parent is taken for a reply")
	}
	if p, err := none.Parent(); err != nil || p.MsgID != "" {
		t.Errorf("got parent %+v, %v, want none", p, err)
	}
}

func TestHeaderWithInvalidUTF8(t *testing.T) {
	c := newCodec(t, "k")
	m, err := c.Decode(signed(c, "{\"msg_id\":\"1\",\"msg_type\":\"x\",\"u\":\"a\xffb\"}", "{}", "{}", "{}"))
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(m.Header.Raw) {
		t.Errorf("got %q, want valid UTF-8: it is the parent_header of the answers", m.Header.Raw)
	}
}

func FuzzDecode(f *testing.F) {
	unsigned, err := NewCodec("", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("id\x00<IDS|MSG>\x00\x00" + someHeader + "\x00{}\x00{}\x00{\"code\":\"1\"}\x00buffer"))
	f.Add([]byte("<IDS|MSG>\x00\x00" + someHeader + "\x00null\x00{}\x00{}"))
	f.Add([]byte("<IDS|MSG>\x00<IDS|MSG>\x00[]"))
	f.Add([]byte("id\x00<IDS|MSG>\x00\x00{\"msg_id\":\"1\",\"msg_type\":\"execute_request\"}\x00{}\x00{\"cellId\":1}\x00{\"code\":2}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := unsigned.Decode(bytes.Split(data, []byte{0}))
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("got error %v, want ErrMalformed", err)
			}
			return
		}
		if _, err := DecodeMetadata(m); err != nil && !isDecodeError(err) {
			t.Errorf("metadata: got %T", err)
		}
		for _, err := range []error{decodeErr[ExecuteRequestContent](m), decodeErr[HistoryReplyContent](m), decodeErr[DisplayDataContent](m), decodeErr[CompleteRequestContent](m)} {
			if err != nil && !isDecodeError(err) {
				t.Errorf("content: got %T", err)
			}
		}
		// An answer to it is well formed.
		a := newAuthor("s", "u")
		reply, err := a.NewMessage(KernelInfoReply, m, KernelInfoReplyContent{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := unsigned.Encode(reply)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range out[2:6] {
			if !json.Valid(part) || !utf8.Valid(part) {
				t.Errorf("sent %q", part)
			}
		}
	})
}

func decodeErr[T any](m *Message) error {
	_, err := Decode[T](m)
	return err
}

func isDecodeError(err error) bool {
	_, ok := errors.AsType[*DecodeError](err)
	return ok
}
