package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// Why a received message is dropped. Such an error is never for the client: an
// answer would help a stranger to guess.
var (
	ErrMalformed = errors.New("malformed message")
	ErrSignature = errors.New("wrong signature")
	ErrReplay    = errors.New("signature was seen before")
)

// DefaultScheme is the signature scheme of a connection file that names none.
const DefaultScheme = "hmac-sha256"

var schemes = map[string]func() hash.Hash{
	"hmac-sha256": sha256.New,
	"hmac-sha384": sha512.New384,
	"hmac-sha512": sha512.New,
}

// digestHistory is how many signatures are remembered against replay, as many
// as jupyter_client does.
const digestHistory = 65536

// digest is what is remembered of a signature. A part of it will do: that two of 128 bits are equal by chance is not to be feared.
type digest [16]byte

// signer signs and verifies. It may be used by several goroutines at once.
type signer struct {
	pool *sync.Pool // of hash.Hash; nil if messages are not signed

	history int // how many signatures are remembered

	// Their memory is had at once, so that a kernel does not grow by its messages.
	mu   sync.Mutex
	seen map[digest]struct{}
	ring []digest // seen, in the order they came
	next int      // the oldest in a full ring
}

func newSigner(key, scheme string) (*signer, error) {
	if key == "" {
		return &signer{}, nil
	}
	if scheme == "" {
		scheme = DefaultScheme
	}
	newHash, ok := schemes[scheme]
	if !ok {
		return nil, fmt.Errorf("signature_scheme must be hmac-sha256, hmac-sha384 or hmac-sha512, got %q", scheme)
	}
	return &signer{
		pool:    &sync.Pool{New: func() any { return hmac.New(newHash, []byte(key)) }},
		history: digestHistory,
		seen:    make(map[digest]struct{}, digestHistory+1),
		ring:    make([]digest, 0, digestHistory),
	}, nil
}

// sum returns the signature of the frames, empty without a key.
func (s *signer) sum(frames [][]byte) []byte {
	if s.pool == nil {
		return []byte{}
	}
	h := s.pool.Get().(hash.Hash)
	defer s.pool.Put(h)
	h.Reset()
	for _, f := range frames {
		h.Write(f)
	}
	return hex.AppendEncode(nil, h.Sum(nil))
}

// verify checks the signature of the frames as they were received, and that it
// is new.
func (s *signer) verify(signature []byte, frames [][]byte) error {
	if s.pool == nil {
		return nil
	}
	want := s.sum(frames)
	if !hmac.Equal(signature, want) {
		return ErrSignature
	}
	var d digest
	if _, err := hex.Decode(d[:], want[:2*len(d)]); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[d]; ok {
		return ErrReplay
	}
	s.seen[d] = struct{}{}
	if len(s.ring) < s.history {
		s.ring = append(s.ring, d)
		return nil
	}
	delete(s.seen, s.ring[s.next])
	s.ring[s.next] = d
	s.next = (s.next + 1) % s.history
	return nil
}
