package session

import (
	"context"

	"lockstep/kernel/pipe"
)

// parts are those of an answer that have come and nobody has looked at. The mutex of its wants guards them.
type parts struct {
	bodies []any
	come   chan struct{} // has something when there are some
}

// askParts is ask of what is answered in parts. each is called with every part, never concurrently, before the answer is returned.
func (w *wants) askParts(ctx context.Context, body any, each func(part any)) (answer any, err error) {
	id, given := w.given.Expect()
	p := &parts{come: make(chan struct{}, 1)}
	w.mu.Lock()
	if w.parts == nil {
		w.parts = map[uint64]*parts{}
	}
	w.parts[id] = p
	w.mu.Unlock()
	over := make(chan struct{})
	go func() {
		defer close(over)
		answer, err = w.send(ctx, id, given, body)
	}()
	for done := false; !done; {
		select {
		case <-p.come:
		case <-over:
			done = true
		}
		w.mu.Lock()
		some := p.bodies
		p.bodies = nil
		if done {
			delete(w.parts, id)
		}
		w.mu.Unlock()
		for _, part := range some {
			each(part)
		}
	}
	return answer, err
}

// take gets a part of an answer, in the order in which the kernel has sent them.
func (w *wants) take(m pipe.Part) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.parts[m.ID]
	if p == nil {
		return
	}
	p.bodies = append(p.bodies, m.Body)
	select {
	case p.come <- struct{}{}:
	default:
	}
}

// where is the folder for what does not go through the pipe itself.
func (w *wants) where() (string, error) {
	w.mu.Lock()
	folder := w.folder
	w.mu.Unlock()
	if folder != "" {
		return folder, nil
	}
	answer, err := w.ask(context.Background(), pipe.Folder{})
	if err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.folder = answer.(string)
	return w.folder, nil
}
