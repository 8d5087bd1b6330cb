package procs

import (
	"context"
	"encoding/gob"
	"errors"
	"os"
	"sync"
	"time"
)

// Descriptors of the line of a worker process that has one: it writes what it asks to the first, and reads answers from the one
// after it. Errands say where they are, which depends on whether there is shared memory.
const lineFDs = 2

// question is what a worker process asks for, or has changed its mind about.
type question struct {
	ID   uint64
	Data []byte
	Stop bool
}

// response answers a question.
type response struct {
	ID   uint64
	Data []byte
	Err  string
}

// line is the side of it that answers.
type line struct {
	questions *os.File

	writing sync.Mutex
	encoder *gob.Encoder

	mu      sync.Mutex
	ask     func(context.Context, []byte) ([]byte, error) // nil: no calls are made that may ask
	ctx     context.Context                               // of the calls
	cancel  context.CancelCauseFunc
	stops   map[uint64]context.CancelFunc
	running sync.WaitGroup // Add with mu held, and ask set
}

// newLine is a line over pipes that the caller closes.
func newLine(questions, responses *os.File) *line {
	return &line{questions: questions, encoder: gob.NewEncoder(responses), stops: map[uint64]context.CancelFunc{}}
}

// ErrCallsEnded is why what calls have asked for is not wanted any more when they have ended.
var ErrCallsEnded = errors.New("the calls have ended")

// begin answers with ask until end is called.
func (l *line) begin(ask func(context.Context, []byte) ([]byte, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ask = ask
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
}

// end returns when nothing is asked any more.
func (l *line) end() {
	l.mu.Lock()
	l.ask = nil
	cancel := l.cancel
	l.mu.Unlock()
	cancel(ErrCallsEnded)
	l.running.Wait()
}

// read takes questions until the end of the stream.
func (l *line) read() {
	decoder := gob.NewDecoder(l.questions)
	for {
		var q question
		if err := decoder.Decode(&q); err != nil {
			return
		}
		l.take(q)
	}
}

func (l *line) take(q question) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if q.Stop {
		if stop := l.stops[q.ID]; stop != nil {
			stop()
		}
		return
	}
	if l.ask == nil {
		go l.respond(response{ID: q.ID, Err: "nothing can be asked for when the calls have ended"})
		return
	}
	ask := l.ask
	ctx, stop := context.WithCancel(l.ctx)
	l.stops[q.ID] = stop
	l.running.Go(func() {
		data, err := ask(ctx, q.Data)
		r := response{ID: q.ID, Data: data}
		if err != nil {
			r.Err = err.Error()
		}
		l.mu.Lock()
		delete(l.stops, q.ID)
		l.mu.Unlock()
		stop()
		l.respond(r)
	})
}

// respond writes to a process that may have ended, which shows elsewhere.
func (l *line) respond(r response) {
	l.writing.Lock()
	defer l.writing.Unlock()
	_ = l.encoder.Encode(r)
}

// asking is the side of a worker process, if it has a line.
var asking struct {
	mu      sync.Mutex
	encoder *gob.Encoder // nil: it has none
	last    uint64
	waiting map[uint64]chan response
	err     error // why there are no more answers
}

// ErrNoLine says that a process has nobody to ask.
var ErrNoLine = errors.New("there is nobody to be asked")

// stopLimit is how long the answer to a question that was withdrawn is waited for.
const stopLimit = time.Second

// Ask has [Calls.Ask], in the process that has the calls made, answer a request. When done is closed that is told to
// stop, and its answer is still waited for, though not for long. The error is of Calls.Ask, as text, or [ErrNoLine].
func Ask(request []byte, done <-chan struct{}) ([]byte, error) {
	a := &asking
	a.mu.Lock()
	if a.encoder == nil || a.err != nil {
		defer a.mu.Unlock()
		if a.err != nil {
			return nil, a.err
		}
		return nil, ErrNoLine
	}
	a.last++
	id, answer := a.last, make(chan response, 1)
	a.waiting[id] = answer
	err := a.encoder.Encode(question{ID: id, Data: request})
	a.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case r := <-answer:
		return r.result()
	case <-done:
	}
	a.mu.Lock()
	_ = a.encoder.Encode(question{ID: id, Stop: true}) // or there will be no answer
	a.mu.Unlock()
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case r := <-answer:
		return r.result()
	case <-limit.C:
		return nil, errors.New("it was stopped, and there was no answer")
	}
}

func (r response) result() ([]byte, error) {
	if r.Err != "" {
		return nil, errors.New(r.Err)
	}
	return r.Data, nil
}

// openLine gives the process its line, which begins with a descriptor, unless it has it.
func openLine(first int) error {
	a := &asking
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.encoder != nil {
		return nil
	}
	questions, responses, err := inheritedLine(first)
	if err != nil {
		return err
	}
	a.encoder, a.waiting = gob.NewEncoder(questions), map[uint64]chan response{}
	go func() {
		decoder := gob.NewDecoder(responses)
		for {
			var r response
			err := decoder.Decode(&r)
			a.mu.Lock()
			if err != nil {
				a.err = ErrSessionGone
				for _, answer := range a.waiting {
					answer <- response{Err: a.err.Error()}
				}
				a.waiting = nil
				a.mu.Unlock()
				return
			}
			answer := a.waiting[r.ID]
			delete(a.waiting, r.ID)
			a.mu.Unlock()
			if answer != nil {
				answer <- r
			}
		}
	}()
	return nil
}
