package session

import (
	"reflect"
	"runtime"
	"strings"
	"sync"

	"lockstep/exec/gil"
	"lockstep/kernel/session/cellsym"
)

// unwinder runs the deferred calls of interpreted functions and gives recover
// its meaning; see kernel/rewrite/defers.go for why the engine's own are not used. Its methods
// may be called from any goroutine.
type unwinder struct {
	mu sync.Mutex
	// next holds, by goroutine, what the deferred call that is about to begin may recover.
	next map[*gil.Thread]*unwinding
	open map[int]*unwinding
	last int
	// words puts the user's names of types into a fault's text.
	words func(string) string
}

// unwinding is one function's end.
type unwinding struct {
	id        int // 0: nobody has asked
	panicking bool
	value     any
}

func newUnwinder(words func(string) string) *unwinder {
	return &unwinder{words: words, next: map[*gil.Thread]*unwinding{}, open: map[int]*unwinding{}}
}

// Deferred is the list of a function's deferred calls. It serves one goroutine.
type Deferred struct {
	in    *unwinder
	calls []deferredCall
}

type deferredCall struct {
	recovers bool
	call     func()
}

func (w *unwinder) defers() *Deferred { return &Deferred{in: w} }

// Add puts a call on the list; recovers says that the called function may call recover.
func (d *Deferred) Add(recovers bool, call func()) {
	d.calls = append(d.calls, deferredCall{recovers, call})
}

// Run runs the list, last first. v is what the engine's recover returned; a
// panic that nobody recovers goes on.
func (d *Deferred) Run(v any) {
	u := &unwinding{panicking: v != nil, value: d.in.thrown(v)}
	d.unwind(u)
	d.in.mu.Lock()
	delete(d.in.open, u.id)
	d.in.mu.Unlock()
	if u.panicking {
		panic(reflect.ValueOf(&u.value).Elem()) // as the engine throws what the user threw
	}
}

func (d *Deferred) unwind(u *unwinding) {
	for len(d.calls) > 0 {
		c := d.calls[len(d.calls)-1]
		d.calls = d.calls[:len(d.calls)-1]
		d.one(u, c)
	}
}

func (d *Deferred) one(u *unwinding, c deferredCall) {
	t := gil.Current()
	outer := d.in.swap(t, nil)
	if c.recovers {
		d.in.swap(t, u)
	}
	returned := false
	defer func() {
		d.in.swap(t, outer)
		if v := recover(); v != nil {
			u.panicking, u.value = true, d.in.thrown(v)
		} else if !returned {
			d.unwind(u) // the goroutine ends: the other calls run all the same
		}
	}()
	c.call()
	returned = true
}

func (w *unwinder) swap(t *gil.Thread, u *unwinding) *unwinding {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.next[t]
	if u == nil {
		delete(w.next, t)
	} else {
		w.next[t] = u
	}
	return old
}

// caught is asked at the start of a function that calls recover: it names the
// unwinding that has called the function, 0 for none.
func (w *unwinder) caught() int {
	u := w.swap(gil.Current(), nil)
	if u == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if u.id == 0 {
		w.last++
		u.id = w.last
		w.open[u.id] = u
	}
	return u.id
}

// called says that a function which calls recover is about to be called by another one than the unwinding.
func (w *unwinder) called() { w.swap(gil.Current(), nil) }

// recovered is recover() in a function whose caught returned id.
func (w *unwinder) recovered(id int) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.open[id]
	if u == nil || !u.panicking {
		return nil
	}
	u.panicking = false
	return u.value
}

// thrown is the value of a panic as Go has it: the engine throws the user's
// values boxed, and its own faults as strings and errors of packages that no Go program sees.
func (w *unwinder) thrown(v any) any {
	switch p := v.(type) {
	case reflect.Value:
		if !p.IsValid() || (p.Kind() == reflect.Interface || p.Kind() == reflect.Pointer) && p.IsNil() && p.Kind() == reflect.Interface {
			return &runtime.PanicNilError{}
		}
		return p.Interface()
	case runtime.Error:
		text := p.Error()
		if own := w.words(text); own != text || strings.HasPrefix(text, "interface conversion") {
			return engineError(strings.TrimPrefix(own, "runtime error: "))
		}
		return p
	case *reflect.ValueError:
		return enginesOwn(p.Error())
	case string:
		return engineError(w.words(plainFault(p)))
	case error:
		if ofEngine(p) {
			return engineError(w.words(place.ReplaceAllString(p.Error(), "")))
		}
	}
	return v
}

// plainFault says what reflect says in the words of Go.
func plainFault(text string) string {
	switch {
	case strings.Contains(text, "index out of range"):
		return "index out of range"
	case strings.Contains(text, "index out of bounds"):
		return "slice bounds out of range"
	case strings.Contains(text, "call of nil function"), strings.Contains(text, "on zero Value"), strings.Contains(text, "on nil interface value"), strings.Contains(text, "nil pointer"):
		return "invalid memory address or nil pointer dereference"
	}
	for _, own := range madeBadly {
		if strings.Contains(text, own.reflect) {
			return own.plain
		}
	}
	return text
}

// ofEngine reports whether an error is one of the interpreter's, with a place in what it interprets.
func ofEngine(err error) bool { return reflect.TypeOf(err).String() == "*interp.cfgError" }

// enginesOwn is a fault that the engine has from reflect.
func enginesOwn(text string) engineError { return engineError(plainFault(text)) }

// madeBadly are the faults of make: in reflect's words and in Go's.
var madeBadly = []struct{ reflect, plain string }{
	{"reflect.MakeSlice: negative len", "makeslice: len out of range"},
	{"reflect.MakeSlice: negative cap", "makeslice: cap out of range"},
	{"reflect.MakeSlice: len > cap", "makeslice: cap out of range"},
	{"reflect.Value.Grow: slice overflow", "growslice: len out of range"},
	{"reflect.MakeChan: negative buffer size", "makechan: size out of range"},
}

// engineError is a run-time error that the engine found.
type engineError string

func (e engineError) Error() string {
	if strings.HasPrefix(string(e), "interface conversion") || strings.HasPrefix(string(e), "makechan") {
		return string(e)
	}
	return "runtime error: " + string(e)
}

// RuntimeError makes it a runtime.Error.
func (engineError) RuntimeError() {}

// left is the fault of a function that goes on yielding to a loop which has ended.
func left() {
	panic(engineError("range function continued iteration after function for loop body returned false"))
}

// never is the fault of an assertion that no value passes.
func never() {
	panic(engineError("interface conversion: the interface holds no value of that type"))
}

// shift is the count of a shift, which must not be negative.
func shift(n int) int {
	if n < 0 {
		panic(engineError("negative shift amount"))
	}
	return n
}

// losesNil is the fault of a nil pointer in an interface of the library, which the engine would make a nil interface.
func losesNil(from, to string) {
	panic(engineError("the interp engine cannot keep a nil " + from + " in a " + to + "; with a Go toolchain the native engine can"))
}

// nilCall is the fault of a go or defer statement that calls a method of a nil interface.
func nilCall() {
	panic(engineError("invalid memory address or nil pointer dereference"))
}

// clearAll is the builtin clear.
func clearAll(v any) {
	r := reflect.ValueOf(v)
	if r.IsValid() {
		r.Clear()
	}
}

// big makes an unsigned integer that is too large for a literal of the engine.
func big(high, low uint64) uint64 { return high<<32 | low }

// offsets are where the runes of a string begin.
func offsets(text string) []int {
	out := make([]int, 0, len(text))
	for i := range text {
		out = append(out, i)
	}
	return out
}

// plainly takes values that the builtins print out of the engine's boxes.
func plainly(values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
		if inner, _, ok := cellsym.Held(reflect.ValueOf(v)); ok && inner.IsValid() {
			out[i] = inner.Interface()
		}
		if inner, ok := unbox(reflect.ValueOf(v)); ok && inner.IsValid() && inner.CanInterface() {
			out[i] = inner.Interface()
		}
	}
	return out
}

// raw is a value out of the engine's box, as a key of a map.
func raw(v any) any {
	inner := cellsym.Content(reflect.ValueOf(v))
	if !inner.IsValid() {
		return nil
	}
	return exposed(inner)
}

// rawKey is raw for the values in a struct or array.
func rawKey(v any) any {
	from := opened(v)
	to := reflect.New(from.Type()).Elem()
	to.Set(reflect.ValueOf(exposed(from)))
	unboxIn(to)
	return to.Interface()
}

func unboxIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if inner := cellsym.Content(v); inner.IsValid() && v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(exposed(inner)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			unboxIn(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			unboxIn(v.Index(i))
		}
	}
}
