package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ProtocolVersion is the version of the messaging protocol spoken here.
const ProtocolVersion = "5.5"

// Header identifies a message.
type Header struct {
	MsgID      string  `json:"msg_id" wire:"required"`
	Session    string  `json:"session"`
	Username   string  `json:"username"`
	Date       string  `json:"date"` // ISO 8601, UTC
	MsgType    MsgType `json:"msg_type" wire:"required"`
	Version    string  `json:"version"`
	SubshellID *string `json:"subshell_id,omitempty"` // nil for the main shell

	// Raw is the header as it was received or will be sent. It becomes the
	// parent_header of the answers byte for byte, unknown keys included.
	Raw json.RawMessage `json:"-"`
}

// Message is a message of the protocol. One that was received is shared by
// whoever reads it and must not be changed.
type Message struct {
	// Channel is where the message was received. It is not sent.
	Channel Channel

	// Identities are the routing frames: whom the message is from or for; on
	// iopub the topic.
	Identities [][]byte

	Header Header

	// ParentHeader, Metadata and Content are JSON objects; nil is sent as {}.
	// In a received message they are as they came.
	ParentHeader json.RawMessage
	Metadata     json.RawMessage
	Content      json.RawMessage

	Buffers [][]byte
}

// Stub returns what answers to m need of it, its channel, identities and header, and shares no memory with the rest, which may be large.
func (m *Message) Stub() *Message {
	return &Message{Channel: m.Channel, Identities: slices.Clone(m.Identities), Header: m.Header}
}

// Parent returns the header of the request that m answers. It is the zero
// Header when there is none.
func (m *Message) Parent() (Header, error) {
	var h Header
	var keys map[string]json.RawMessage
	if len(m.ParentHeader) == 0 || json.Unmarshal(m.ParentHeader, &keys) == nil && len(keys) == 0 {
		return h, nil
	}
	if err := decodeObject(m.ParentHeader, &h); err != nil {
		return Header{}, err
	}
	h.Raw = m.ParentHeader
	return h, nil
}

// IsReplyTo tells whether m has req as its parent.
func (m *Message) IsReplyTo(req *Message) bool {
	p, err := m.Parent()
	return err == nil && p.MsgID == req.Header.MsgID && p.Session == req.Header.Session
}

// SetMetadata encodes v, which must become a JSON object, as the metadata of m.
func (m *Message) SetMetadata(v any) error {
	raw, err := marshal(v)
	if err != nil {
		return fmt.Errorf("metadata of %s: %w", m.Header.MsgType, err)
	}
	if raw[0] != '{' {
		return fmt.Errorf("metadata of %s must be an object, got %.20s", m.Header.MsgType, raw)
	}
	m.Metadata = raw
	return nil
}

// RequestMetadata is what clients write into the metadata of their requests.
type RequestMetadata struct {
	CellID          string   `json:"cellId"`
	DeletedCells    []string `json:"deletedCells"`
	RecordTiming    bool     `json:"recordTiming"`
	Trusted         bool     `json:"trusted"`
	ProtocolVersion string   `json:"version"` // of the widgets, in comm messages
}

// DecodeMetadata returns the metadata of a request. Its error is a
// [*DecodeError].
func DecodeMetadata(m *Message) (RequestMetadata, error) {
	var md RequestMetadata
	err := decodeObject(m.Metadata, &md)
	return md, withType(err, m.Header.MsgType)
}

// author makes the messages of one end of the wire.
type author struct {
	session  string
	username string
}

func newAuthor(session, username string) author {
	if session == "" {
		session = uuid.NewString()
	}
	return author{session, username}
}

// Session returns the id that the messages of this end carry; it is new for
// each process, which is how clients notice a restart.
func (a author) Session() string { return a.session }

// NewMessage makes a message of type t with the content, which is one of the
// …Content structs or anything that encodes as a JSON object. With a parent it
// answers that message; with nil its parent_header is {}. Numbers that JSON
// does not have are an error; invalid UTF-8 is replaced.
func (a author) NewMessage(t MsgType, parent *Message, content any) (*Message, error) {
	raw, err := marshal(content)
	if err != nil {
		return nil, fmt.Errorf("content of %s: %w", t, err)
	}
	if raw[0] != '{' {
		return nil, fmt.Errorf("content of %s must be an object, got %.20s", t, raw)
	}
	m := &Message{
		Header: Header{
			MsgID:    uuid.NewString(),
			Session:  a.session,
			Username: a.username,
			Date:     time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
			MsgType:  t,
			Version:  ProtocolVersion,
		},
		Content: raw,
	}
	if m.Header.Raw, err = marshal(m.Header); err != nil {
		return nil, fmt.Errorf("header of %s: %w", t, err)
	}
	if parent != nil {
		m.ParentHeader = parent.Header.Raw
	}
	return m, nil
}
