package value_test

import (
	"errors"
	"net"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"lockstep/exec/procs/value"
)

type config struct {
	Name  string
	Hook  func()
	next  *config
	items []any
	table map[string]*config
	Xname chan int
}

//lint:ignore U1000 sent by reflection
type refuses struct{ p *int }

func (refuses) MarshalBinary() ([]byte, error)  { return nil, errors.New("not today") }
func (*refuses) UnmarshalBinary(b []byte) error { return nil }

//lint:ignore U1000 sent by reflection
type panics struct{ p *int }

func (panics) GobEncode() ([]byte, error) { panic("no") }
func (*panics) GobDecode(b []byte) error  { return nil }

func TestCannotBeSent(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	bad := &config{Hook: func() {}}
	long := bad
	for range 1000 {
		long = &config{next: long}
	}
	var locked struct{ mu sync.Mutex }
	locked.mu.Lock()
	var deep any
	for range 20_000 {
		deep = struct{ x any }{deep}
	}
	hook := func() {}
	type hidden struct{ n int }
	n := 1
	words := [4]uint32{}
	for _, test := range []struct {
		name         string
		v            any
		path, typ    string
		remedyHolds  string
		causeIsKnown bool
	}{
		{"field", config{Hook: hook}, "x.Hook", "func()", "top level", false},
		{"pointer", bad, "x.Hook", "func()", "top level", false},
		{"list", &config{next: &config{next: bad}}, "x.next.next.Hook", "func()", "top level", false},
		{"long list", long, "…" + strings.Repeat(".next", 20) + ".Hook", "func()", "top level", false},
		{"interface and slice", config{items: []any{1, bad}}, "x.items[1].Hook", "func()", "top level", false},
		{"map", config{table: map[string]*config{"a": bad}}, `x.table["a"].Hook`, "func()", "top level", false},
		{"array", [2]config{{}, *bad}, "x[1].Hook", "func()", "top level", false},
		{"pointer to func", &hook, "*x", "func()", "top level", false},
		{"field of the interpreter", struct{ Xname chan int }{make(chan int)}, "x.name", "chan int", "inside the workload", false},
		{"exported X", config{Xname: make(chan int)}, "x.Xname", "chan int", "inside the workload", false},
		{"func", hook, "x", "func()", "top level", false},
		{"unsafe pointer", unsafe.Pointer(&n), "x", "unsafe.Pointer", "address", false},
		{"uintptr", struct{ h uintptr }{3}, "x.h", "uintptr", "address", false},
		{"file", struct{ f *os.File }{file}, "x.f", "os.File", "name", false},
		{"connection", struct{ c net.Conn }{client}, "x.c", "*net.pipe", "connect", false},
		{"context", t.Context(), "x", "context.cancelCtx", "make the context", false},
		{"locked", &locked, "x.mu", "sync.Mutex", "unlock", false},
		{"timer", time.NewTimer(time.Hour), "x.C", "<-chan time.Time", "channel", false},
		{"unknown type", []any{hidden{1}}, "x[0]", "value_test.hidden", "declare", false},
		{"key", map[any]int{hidden{1}: 1}, "x[…]", "value_test.hidden", "declare", false},
		{"too deep", deep, "", "struct { x interface {} }", "nested", false},
		{"reflection", reflect.ValueOf(3), "x", "reflect.Value", "itself", false},
		{"own method", struct{ r []refuses }{make([]refuses, 2)}, "x.r[0]", "value_test.refuses", "its own method", true},
		{"own method panics", &panics{}, "x", "value_test.panics", "its own method", true},
		{"unsafe aliases", struct {
			a *[3]uint32
			b *uint64
		}{(*[3]uint32)(words[1:]), (*uint64)(unsafe.Pointer(&words[2]))}, "x", "uint64", "unsafe", false},
	} {
		v := reflect.New(reflect.TypeOf(test.v)).Elem()
		v.Set(reflect.ValueOf(test.v))
		_, err := value.Encode([]value.Variable{{Name: "x", Value: v}}, value.Options{})
		e, ok := errors.AsType[*value.Error](err)
		if !ok {
			t.Errorf("%s: got error %v, want a *value.Error", test.name, err)
			continue
		}
		if test.path != "" && e.Path != test.path || e.Type != test.typ || !strings.Contains(e.Remedy, test.remedyHolds) {
			t.Errorf("%s: got path %q, type %q, remedy %q", test.name, e.Path, e.Type, e.Remedy)
		}
		if test.causeIsKnown != (e.Cause != nil) {
			t.Errorf("%s: got cause %v", test.name, e.Cause)
		}
	}
}

func TestErrorText(t *testing.T) {
	x := config{Hook: func() {}}
	_, err := value.Encode([]value.Variable{{Name: "cfg", Value: reflect.ValueOf(&x).Elem()}}, value.Options{})
	want := "cfg.Hook (type func()) cannot be sent to another process: declare the function at the top level of a cell and call it by its name"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestWrongTarget(t *testing.T) {
	x, y := []int{1}, []string{"a"}
	type point struct{ x, y int }
	//lint:ignore U1000 sent by reflection
	type pair struct{ a, b int }
	p, q := &point{1, 2}, &pair{}
	for _, test := range []struct{ from, to any }{{&x, &y}, {&p, &q}} {
		data, err := value.Encode(variables([]any{test.from}), value.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := value.Decode(data, byName([]any{test.to}), value.Options{}); err == nil {
			t.Errorf("%T became %T", test.from, test.to)
		}
	}
	data, err := value.Encode(variables([]any{&x}), value.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := errors.New("no such variable")
	err = value.Decode(data, func(string) (reflect.Value, error) { return reflect.Value{}, want }, value.Options{})
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	err = value.Decode(data, func(string) (reflect.Value, error) { return reflect.ValueOf(x), nil }, value.Options{})
	if err == nil {
		t.Error("a variable that cannot be set was set")
	}
}
