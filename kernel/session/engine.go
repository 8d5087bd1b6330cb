package session

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite/mark"
	"lockstep/kernel/session/cellsym"
	"lockstep/kernel/session/named"
)

// engine is yaegi: one interpreter for the life of the session. Units only add
// to it; what a session redefines comes in under another name.
type engine struct {
	it      *interp.Interpreter
	host    cellsym.Host
	remains remains
}

func newEngine(s *Session) (*engine, error) {
	host := streams{s}
	e := &engine{it: interp.New(interp.Options{Unrestricted: true, Stdout: host.Stdout(), Stderr: quiet{s}, Stdin: host.Stdin()}), host: host}
	if err := cellsym.Import(e.it, host); err != nil {
		return nil, err
	}
	var err error
	if e.remains, err = remainsOf(e.it); err != nil {
		return nil, err
	}
	if err := declareFlag(e.it, s.breaker.Flag()); err != nil {
		return nil, fmt.Errorf("the flag of checkpoints: %w", err)
	}
	return e, e.it.Use(interp.Exports{mark.Runtime + "/rt": s.runtime(e.it)})
}

// compile brings a unit into the interpreter; nothing of it runs yet.
func (e *engine) compile(u pipe.Run) (fault *pipe.Fault) {
	if err := cellsym.Import(e.it, e.host, u.Imports...); err != nil {
		return &pipe.Fault{Kind: "compile error", Text: "the interp engine: " + err.Error()}
	}
	cellsym.Name(e.it, named.Of(u.Named))
	for source := u.Source; ; {
		_, err := e.eval(source)
		if err == nil {
			return nil
		}
		m := importedBefore.FindStringSubmatch(err.Error())
		if m == nil || !strings.Contains(source, "\nimport "+m[1]+" ") {
			return compileFault(err)
		}
		source = strings.Replace(source, "\nimport "+m[1]+" ", "\n// ", 1)
	}
}

// importedBefore is how yaegi refuses an import that it has: one of a unit that it did not compile.
var importedBefore = regexp.MustCompile(`(\pL[\pL\d_]*)/_\.go redeclared in this block`)

// function returns a function of a compiled unit.
func (e *engine) function(name string) (reflect.Value, *pipe.Fault) {
	v, err := e.eval(name)
	if err != nil {
		return v, compileFault(err)
	}
	return v, nil
}

// entry returns the function of a cell or a workload, which the interpreter forgets.
func (e *engine) entry(name string) (reflect.Value, *pipe.Fault) {
	v, f := e.function(name)
	if f != nil {
		return v, f
	}
	if err := e.remains.release(name); err != nil {
		return v, &pipe.Fault{Kind: "internal error", Text: err.Error()}
	}
	return v, nil
}

// eval is Eval with the interpreter's own panics turned into errors.
func (e *engine) eval(src string) (v reflect.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it gave up with: %v", r)
		}
	}()
	return e.it.Eval(src)
}

// place is how yaegi begins its errors: "300005:2: …", with the line that
// mark.Line knows.
var place = regexp.MustCompile(`(?:_\.go:)?\b(\d+):\d+: `)

func compileFault(err error) *pipe.Fault {
	text := err.Error()
	f := &pipe.Fault{Kind: "compile error"}
	if m := place.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		f.Cell, f.Line = mark.Line(n)
		text = place.ReplaceAllString(text, "")
	}
	f.Text = "the interp engine cannot run this: " + mark.Plain(strings.TrimSpace(text))
	return f
}
