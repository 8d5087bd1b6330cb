package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// delimiter ends the identities of a message.
var delimiter = []byte("<IDS|MSG>")

// signedFrames are header, parent_header, metadata and content.
const signedFrames = 4

// Codec turns messages into frames and back. It remembers the signatures that
// it has seen, so a kernel has one for all its channels. It may be used by
// several goroutines at once.
type Codec struct{ signer *signer }

// NewCodec returns a codec for the key and signature scheme of a connection
// file. With an empty key messages are not signed; an empty scheme is
// [DefaultScheme].
func NewCodec(key, scheme string) (*Codec, error) {
	s, err := newSigner(key, scheme)
	if err != nil {
		return nil, err
	}
	return &Codec{s}, nil
}

// Encode returns the frames of m. The frames share memory with m.
func (c *Codec) Encode(m *Message) ([][]byte, error) {
	header := m.Header.Raw
	if header == nil {
		var err error
		if header, err = marshal(m.Header); err != nil {
			return nil, fmt.Errorf("header of %s: %w", m.Header.MsgType, err)
		}
	}
	frames := make([][]byte, 0, len(m.Identities)+2+signedFrames+len(m.Buffers))
	frames = append(frames, m.Identities...)
	frames = append(frames, delimiter, nil)
	at := len(frames)
	frames = append(frames, header, object(m.ParentHeader), object(m.Metadata), object(m.Content))
	frames[at-1] = c.signer.sum(frames[at:])
	return append(frames, m.Buffers...), nil
}

func object(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return emptyObject
	}
	return raw
}

// Decode verifies and parses the frames of a message, which the message keeps.
// The error wraps [ErrSignature], [ErrReplay] or [ErrMalformed]; whoever gets it
// drops the message and does not answer.
func (c *Codec) Decode(frames [][]byte) (*Message, error) {
	at := slices.IndexFunc(frames, func(f []byte) bool { return bytes.Equal(f, delimiter) })
	if at < 0 {
		return nil, fmt.Errorf("%w: no %s in %d frames", ErrMalformed, delimiter, len(frames))
	}
	rest := frames[at+1:]
	if len(rest) < 1+signedFrames {
		return nil, fmt.Errorf("%w: %d frames after %s, want at least %d", ErrMalformed, len(rest), delimiter, 1+signedFrames)
	}
	signed := rest[1 : 1+signedFrames]
	if err := c.signer.verify(rest[0], signed); err != nil {
		return nil, err
	}
	m := &Message{
		Identities:   frames[:at:at],
		ParentHeader: signed[1],
		Metadata:     signed[2],
		Content:      signed[3],
		Buffers:      rest[1+signedFrames:],
	}
	if err := decodeObject(signed[0], &m.Header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	// It comes back as the parent_header of every answer.
	m.Header.Raw = validUTF8(signed[0])
	for i, part := range []*json.RawMessage{&m.ParentHeader, &m.Metadata, &m.Content} {
		name := [...]string{"parent_header", "metadata", "content"}[i]
		trimmed := bytes.TrimLeft(*part, " \t\r\n")
		switch {
		case bytes.Equal(bytes.TrimSpace(trimmed), jsonNull):
			*part = emptyObject
		case len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(*part):
			return nil, fmt.Errorf("%w: %s is no JSON object", ErrMalformed, name)
		}
	}
	return m, nil
}
