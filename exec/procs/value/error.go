package value

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Error is a variable that cannot be sent.
type Error struct {
	Path   string // as one would write it: cfg.Hook
	Type   string
	Remedy string // what to do instead
	Cause  error  // of a type's own marshalling; else nil
}

func (e *Error) Error() string {
	typ := e.Type
	if r := []rune(typ); len(r) > maxType {
		typ = string(r[:maxType-1]) + "…"
	}
	text := fmt.Sprintf("%s (type %s) cannot be sent to another process", e.Path, typ)
	if e.Remedy != "" {
		text += ": " + e.Remedy
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// DataError is received data that do not fit the variables, or make no sense.
type DataError struct {
	Offset int64 // about where
	Text   string
}

func (e *DataError) Error() string {
	return fmt.Sprintf("received variables, byte %d: %s", e.Offset, e.Text)
}

// maxType is how much of a type's text is shown: the interpreter's types have
// no names and spell out all their fields.
const maxType = 60

const (
	remedyFunc      = "declare the function at the top level of a cell and call it by its name"
	remedyChan      = "make the channel inside the workload"
	remedyPointer   = "an address means nothing in another process; send what it points to"
	remedyInterp    = "recursive types and interface values of the interp engine cannot be sent yet; capture plain data instead, or use the native engine"
	remedyRecursive = "its type refers to itself and has no name that the worker knows; declare the variable with that type instead of an interface type"
	remedyType      = "the worker does not know this type: it gets the types that it names; name it there, or declare the variable with it instead of an interface type"
	remedyUnsafe    = "it shares memory with another variable as a different type (package unsafe)"
	remedyChanged   = "it was changed while it was being sent; stop the goroutines of earlier cells first"
	remedyDepth     = "it is nested too deeply; use a slice or pointers"
	remedyLocked    = "it is in use; unlock it first, or make it inside the workload"
	remedyMarshal   = "its own method that should make bytes of it says"
)

// refused is types of the standard library that stand for something outside
// the program's memory, or that work by the identity of their memory. A type
// that is not listed by name is subject to the rule of its package, "".
var refused = map[string]map[string]string{
	"os": {
		"File":    "send the file's name and open it in the workload",
		"Root":    "send the folder's name and open it in the workload",
		"Process": "start the process in the workload",
	},
	"os/exec":      {"Cmd": "start the command in the workload"},
	"net":          {"": "connect or listen in the workload"},
	"net/http":     {"Client": "make the client in the workload", "Server": "start the server in the workload"},
	"context":      {"": "make the context in the workload"},
	"database/sql": {"": "open the database in the workload"},
	"reflect":      {"": "send the value itself"},
	"runtime":      {"": "it belongs to this process"},
	"unique":       {"": "send the value itself and make the handle in the workload"},
	"testing":      {"": "it belongs to this process"},
	"lockstep/lab": {"Command": "start the command in the workload"},
}

// locks is types that can be sent only while they are as good as new.
var locks = map[string]map[string]string{
	"sync": {
		"Mutex": remedyLocked, "RWMutex": remedyLocked, "WaitGroup": remedyLocked,
		"Map":  "use a map, and a lock made inside the workload",
		"Pool": "make the pool inside the workload",
		"Cond": "make the condition inside the workload",
	},
}

var connection = regexp.MustCompile(`(?i)(conn|listener|netfd|pipe)$`)

// rule finds a type in one of the tables. In package net plain data such as
// net.IPMask or net.IPNet may go.
func rule(table map[string]map[string]string, t reflect.Type) (remedy string, ok bool) {
	rules := table[t.PkgPath()]
	if rules == nil || t.Name() == "" {
		return "", false
	}
	name, _, _ := strings.Cut(t.Name(), "[")
	if remedy, ok = rules[name]; ok {
		return remedy, true
	}
	if t.Kind() != reflect.Struct || t.PkgPath() == "net" && !connection.MatchString(name) {
		return "", false
	}
	remedy, ok = rules[""]
	return remedy, ok
}
