package run

import (
	"strings"
	"sync"
)

// An excerpt keeps the beginning and the end of what is written to it: a Go
// program that crashes says why first and where at length. Its zero value is
// ready; it may be written and read at the same time.
type excerpt struct {
	mu   sync.Mutex
	head []byte
	tail []byte
	cut  bool // something between them is missing
}

// excerptBytes is the size of head, and of tail.
const excerptBytes = 4 << 10

// Write keeps what there is room for. It never fails.
func (e *excerpt) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(p), excerptBytes-len(e.head))
	e.head = append(e.head, p[:n]...)
	e.tail = append(e.tail, p[n:]...)
	if over := len(e.tail) - excerptBytes; over > 0 {
		e.tail, e.cut = append([]byte(nil), e.tail[over:]...), true
	}
	return len(p), nil
}

// quote returns the text to be put behind a sentence that it explains, or "".
func (e *excerpt) quote() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	text := string(e.head)
	if e.cut {
		text += "\n…\n"
	}
	text = strings.TrimSpace(strings.ToValidUTF8(text+string(e.tail), "\uFFFD"))
	if text == "" {
		return ""
	}
	return "\n" + text
}
