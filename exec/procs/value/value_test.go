package value_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/big"
	"math/rand"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lockstep/exec/procs/value"
)

// send carries variables over: pointers to them to pointers to others of the
// same types.
func send(t testing.TB, o value.Options, from, to []any) {
	t.Helper()
	data, err := value.Encode(variables(from), o)
	if err != nil {
		t.Fatalf("Encode: %v", err)
	}
	if err := value.Decode(data, byName(to), o); err != nil {
		t.Fatalf("Decode: %v", err)
	}
}

func variables(pointers []any) []value.Variable {
	var vs []value.Variable
	for i, p := range pointers {
		vs = append(vs, value.Variable{Name: fmt.Sprintf("v%d", i), Value: reflect.ValueOf(p).Elem()})
	}
	return vs
}

func byName(pointers []any) func(string) (reflect.Value, error) {
	return func(name string) (reflect.Value, error) {
		var i int
		if _, err := fmt.Sscanf(name, "v%d", &i); err != nil {
			return reflect.Value{}, err
		}
		return reflect.ValueOf(pointers[i]).Elem(), nil
	}
}

// sent returns what x is on the other side.
func sent[T any](t testing.TB, x T) T {
	t.Helper()
	var y T
	send(t, value.Options{}, []any{&x}, []any{&y})
	return y
}

type inner struct {
	a int8
	s string
	b bool
}

type outer struct {
	n      int
	f      float32
	in     inner
	list   []inner
	byName map[string]inner
	byKey  map[inner]*inner
	any    any
	err    error
	p      *inner
	c      complex128
	arr    [3]inner
	hook   func()
	ch     chan int
	_      int
	big    big.Int
	when   time.Time
	mu     sync.Mutex
	count  atomic.Int64
	once   sync.Once
	//lint:ignore U1000 sent by reflection
	nilMap map[string]int
	empty  []int
	nested [][]map[string][2]*int
	iface  interface{ String() string }
}

func TestEverything(t *testing.T) {
	seven := 7
	x := outer{
		n: -5, f: 1.5, in: inner{1, "in", true},
		list:   []inner{{2, "two", false}, {3, "", true}},
		byName: map[string]inner{"x": {4, "four", true}},
		byKey:  map[inner]*inner{{5, "five", true}: {6, "six", false}},
		any:    []any{1, "two", 3.0, nil, int8(4), [2]string{"a", "b"}, map[string]any{"k": []byte("v")}, struct{ A, b int }{1, 2}, time.Second},
		err:    fmt.Errorf("wrapped: %w", errors.New("cause")),
		p:      &inner{7, "seven", true}, c: complex(1, math.Inf(1)),
		arr:   [3]inner{{8, "eight", true}},
		big:   *new(big.Int).Lsh(big.NewInt(3), 200),
		when:  time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC),
		empty: []int{}, nested: [][]map[string][2]*int{nil, {}, {nil, {"k": {nil, &seven}}}},
		iface: time.Minute,
	}
	x.count.Store(99)
	x.once.Do(func() {})
	// Compared by package fmt as well, which follows maps and structs but not
	// pointers, and knows nil from empty in %#v.
	got := sent(t, &x)
	if !reflect.DeepEqual(got, &x) {
		t.Errorf("got %+v\nwant %+v", got, &x)
	}
	got.once.Do(func() { t.Error("sync.Once forgot that it was done") })
}

func TestSameType(t *testing.T) {
	type local struct{ x, y int }
	for _, test := range []any{
		true, -1, uint8(200), float32(1.5), math.NaN(), 2i, "text", "", []byte("bytes"), []byte{}, []byte(nil),
		[]bool{true, false}, [0]int{}, [2][3]uint16{{1, 2, 3}, {4, 5, 6}}, map[int]string(nil), map[int]string{}, map[local][]local{{1, 2}: {{3, 4}}},
		local{1, 2}, &local{1, 2}, (*local)(nil), struct{}{}, &struct{}{}, []struct{}{{}, {}}, map[struct{}]struct{}{{}: {}},
		map[any]any{1: "a", "b": 2, [2]int{1, 2}: local{}}, map[float64]int{math.Inf(-1): 1},
		netip.MustParseAddr("fe80::1%eth0"), map[netip.Addr]int{netip.MustParseAddr("10.0.0.1"): 1}, url.URL{Scheme: "http", Host: "x"},
		big.NewInt(-12), new(big.Rat).SetFrac64(1, 3), time.Unix(5, 6).UTC(), []time.Time{time.Unix(1, 0).UTC()},
		&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, errors.New("e"), errors.Join(io.EOF, errors.New("f")), strings.NewReader("abc"), time.Month(3), context.Background(),
		make(map[string]func()), (func())(nil), (chan int)(nil), struct{ f func(int) string }{},
		[]any{nil, (*int)(nil), []int(nil), map[string]int(nil)},
	} {
		// In an interface, so that the type travels, too.
		data, err := value.Marshal(reflect.ValueOf(test), optionsFor(local{}))
		if err != nil {
			t.Errorf("%T: %v", test, err)
			continue
		}
		v, err := value.Unmarshal(data, optionsFor(local{}))
		if err != nil {
			t.Errorf("%T: %v", test, err)
			continue
		}
		got := v.Interface()
		if f, ok := test.(float64); ok && math.IsNaN(f) {
			if math.Float64bits(got.(float64)) != math.Float64bits(f) {
				t.Errorf("got %v, want NaN", got)
			}
			continue
		}
		if !reflect.DeepEqual(got, test) || reflect.TypeOf(got) != reflect.TypeOf(test) {
			t.Errorf("got %T %#v, want %T %#v", got, got, test, test)
		}
	}
}

// Errors that are compared by identity are the same after they have travelled, also inside others.
func TestSentinels(t *testing.T) {
	for _, test := range []struct{ sent, is error }{
		{io.EOF, io.EOF},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
		{errors.Join(errors.New("a"), fs.ErrNotExist), fs.ErrNotExist},
		{context.DeadlineExceeded, context.DeadlineExceeded},
		{&fs.PathError{Op: "read", Err: os.ErrDeadlineExceeded}, os.ErrDeadlineExceeded},
		{net.ErrClosed, net.ErrClosed},
	} {
		data, err := value.Marshal(reflect.ValueOf(struct{ all []error }{[]error{nil, test.sent, test.sent}}), value.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := value.Unmarshal(data, value.Options{})
		if err != nil {
			t.Fatal(err)
		}
		all := v.Field(0)
		if !all.Index(0).IsNil() || all.Len() != 3 {
			t.Errorf("%v: got %v", test.sent, all)
		}
		for i := 1; i < 3; i++ {
			got := reflect.NewAt(all.Index(i).Type(), all.Index(i).Addr().UnsafePointer()).Elem().Interface().(error)
			if !errors.Is(got, test.is) || got.Error() != test.sent.Error() {
				t.Errorf("got %v, want an error that is %v", got, test.is)
			}
		}
	}
}

func optionsFor(values ...any) value.Options {
	types := new(value.Types)
	for _, v := range values {
		types.Add(reflect.TypeOf(v).String(), reflect.TypeOf(v))
	}
	return value.Options{Types: types}
}

func TestNilValue(t *testing.T) {
	data, err := value.Marshal(reflect.Value{}, value.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := value.Unmarshal(data, value.Options{}); err != nil || v.IsValid() {
		t.Errorf("got %v, %v, want an invalid value", v, err)
	}
}

func TestNaNKeys(t *testing.T) {
	m := map[float64]int{math.NaN(): 1, math.NaN(): 2}
	if got := sent(t, m); len(got) != 2 {
		t.Errorf("got %v, want %v", got, m)
	}
}

func TestMethodsPromotedFromEmbedded(t *testing.T) {
	type event struct {
		time.Time // whose MarshalBinary knows nothing of name
		name      string
	}
	e := event{time.Unix(3, 0).UTC(), "start"}
	if got := sent(t, e); got != e {
		t.Errorf("got %v, want %v", got, e)
	}
}

func TestRandomSource(t *testing.T) {
	r := rand.New(rand.NewSource(42))
	r.Int()
	got := sent(t, r)
	for range 1000 {
		if g, w := got.Int63(), r.Int63(); g != w {
			t.Fatalf("got %d, want %d", g, w)
		}
	}
}

type list struct {
	v    int
	next *list
}

func TestAliases(t *testing.T) {
	type holder struct {
		p, q     *int
		m, n     map[string]int
		s, part  []int
		field    *string
		record   *inner
		sameBox  []any
		arr      *[3]int
		elem     *int
		firstOf  *inner
		builders []*strings.Builder
	}
	one := 1
	nums := []int{0, 1, 2, 3, 4, 5}
	m := map[string]int{"a": 1}
	rec := &inner{s: "x"}
	many := []inner{{a: 1}, {a: 2}}
	b := new(strings.Builder)
	b.WriteString("built")
	x := holder{
		p: &one, q: &one, m: m, n: m, s: nums, part: nums[2:4], field: &rec.s, record: rec,
		sameBox: []any{&one, m, nums[1:]}, arr: (*[3]int)(nums[3:]), elem: &nums[5], firstOf: &many[1],
		builders: []*strings.Builder{b, b},
	}
	y := sent(t, x)
	*y.p = 7
	y.m["b"] = 2
	y.part[0] = 22
	y.arr[1] = 44
	*y.elem = 55
	*y.field = "changed"
	y.builders[0].WriteString(" more") // panics if it was copied
	for _, test := range []struct {
		name      string
		got, want any
	}{
		{"pointers", *y.q, 7},
		{"pointer in an interface", *y.sameBox[0].(*int), 7},
		{"maps", y.n, map[string]int{"a": 1, "b": 2}},
		{"map in an interface", y.sameBox[1], map[string]int{"a": 1, "b": 2}},
		{"slices of one array", y.s, []int{0, 1, 22, 3, 44, 55}},
		{"slice in an interface", y.sameBox[2], []int{1, 22, 3, 44, 55}},
		{"pointer to a field", y.record.s, "changed"},
		{"self-pointer of a builder", y.builders[1].String(), "built more"},
		{"capacity of a part", cap(y.part), 4},
		{"the original", nums, []int{0, 1, 2, 3, 4, 5}},
	} {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, test.got, test.want)
		}
	}
}

func TestAliasesBetweenVariables(t *testing.T) {
	var x, z = 1, []int{1, 2, 3}
	p, e := &x, &z[1]
	var x2, z2 = 0, []int(nil)
	var p2, e2 *int
	send(t, value.Options{}, []any{&p, &x, &z, &e}, []any{&p2, &x2, &z2, &e2})
	if p2 != &x2 || x2 != 1 {
		t.Errorf("the pointer does not point to the variable")
	}
	if e2 != &z2[1] || *e2 != 2 {
		t.Errorf("the pointer does not point to the element")
	}
}

func TestVariableInsideAnother(t *testing.T) {
	a := [3]int{1, 2, 3}
	var a2 [3]int
	var second2 int
	send(t, value.Options{}, []any{&a[1], &a}, []any{&second2, &a2})
	if second2 != 2 || a2 != a {
		t.Errorf("got %v, %v", second2, a2)
	}
}

func TestCycles(t *testing.T) {
	ring := &list{v: 1}
	ring.next = &list{v: 2, next: ring}
	got := sent(t, ring)
	if got.v != 1 || got.next.v != 2 || got.next.next != got {
		t.Errorf("got %v", got)
	}
	slice := []any{nil, 5}
	slice[0] = slice
	got2 := sent(t, map[string]*[]any{"s": &slice})
	s := *got2["s"]
	if s[0].([]any)[1] != 5 || &s[0].([]any)[0] != &s[0] {
		t.Errorf("got %v", s[1])
	}
	m := map[string]any{}
	m["self"] = m
	got3 := sent(t, m)
	got3["x"] = 1
	if got3["self"].(map[string]any)["x"] != 1 {
		t.Error("the map does not hold itself")
	}
	var self any
	self = &self
	got4 := sent(t, self)
	if p := got4.(*any); *p != got4 {
		t.Error("the interface does not point to itself")
	}
}

func TestLongList(t *testing.T) {
	var head *list
	for i := range 200_000 {
		head = &list{i, head}
	}
	n := 0
	for l := sent(t, head); l != nil; l = l.next {
		if l.v != 199_999-n {
			t.Fatalf("got %d at %d", l.v, n)
		}
		n++
	}
	if n != 200_000 {
		t.Errorf("got %d elements", n)
	}
}

func TestAtomicPointer(t *testing.T) {
	type config struct{ name string }
	var x struct {
		p atomic.Pointer[config]
		q *config
		v atomic.Value
	}
	x.q = &config{"c"}
	x.p.Store(x.q)
	x.v.Store("text")
	got := sent(t, &x)
	if got.p.Load() != got.q || got.q.name != "c" || got.v.Load() != "text" {
		t.Errorf("got %v, %v, %v", got.p.Load(), got.q, got.v.Load())
	}
}

func TestSpareCapacity(t *testing.T) {
	base := []string{"a", "b", "c", "d"}
	short := base[:1]
	got := sent(t, short)
	if cap(got) != 4 || got[:4][1] != "" {
		t.Errorf("got capacity %d, %q", cap(got), got[:cap(got)])
	}
	apart := sent(t, [][]string{base[:1], base[2:3]})
	if _ = append(apart[0], "B", "C"); apart[1][0] != "C" {
		t.Errorf("slices of one array do not share it: got %q", apart[1][0])
	}
	huge := make([]float64, 3, 1<<20)
	if got := sent(t, huge); len(got) != 3 || cap(got) > 1<<20 {
		t.Errorf("got length %d, capacity %d", len(got), cap(got))
	}
	array := make([]byte, 100<<20)
	ends := sent(t, [][]byte{array[:1], array[len(array)-1:]})
	if len(ends[0]) != 1 || len(ends[1]) != 1 || cap(ends[0]) > 2<<20 {
		t.Errorf("two bytes far apart came with the room between them: capacity %d", cap(ends[0]))
	}
}

// TestPointerIntoSpareElement needs the whole element looked at, though only
// one field of it was asked for.
func TestPointerIntoSpareElement(t *testing.T) {
	type pair struct {
		n int
		p *int
	}
	base := make([]pair, 1, 3)
	seven := 7
	base[:3][2] = pair{5, &seven}
	x := struct {
		s []pair
		n *int
	}{base, &base[:3][2].n}
	got := sent(t, x)
	if *got.n != 5 || *got.s[:3][2].p != 7 || got.n != &got.s[:3][2].n {
		t.Errorf("got %d, %v", *got.n, got.s[:3])
	}
}

func TestStructWithOneField(t *testing.T) {
	type wrap struct{ in struct{ n int } }
	w := &wrap{}
	w.in.n = 3
	got := sent(t, struct {
		n *int
		w *wrap
		i *struct{ n int }
	}{&w.in.n, w, &w.in})
	*got.n = 4
	if got.w.in.n != 4 || got.i.n != 4 {
		t.Errorf("got %v %v", got.w, got.i)
	}
}

func TestTypeNamesNeedNotAgree(t *testing.T) {
	type a struct {
		x    int
		next *a
	}
	type b struct {
		x    int
		next *b
	}
	x := a{1, &a{2, nil}}
	var y b
	send(t, value.Options{}, []any{&x}, []any{&y})
	if y.x != 1 || y.next.x != 2 {
		t.Errorf("got %v", y)
	}
}

func TestDecodeIntoUsedVariable(t *testing.T) {
	x := outer{n: 1}
	y := outer{n: 2, p: &inner{}, any: 3, list: make([]inner, 2), hook: func() {}, ch: make(chan int), byName: map[string]inner{"old": {}}, when: time.Now(), big: *big.NewInt(5)}
	y.mu.Lock()
	send(t, value.Options{}, []any{&x}, []any{&y})
	if !reflect.DeepEqual(&x, &y) {
		t.Errorf("got %+v", &y)
	}
	y.mu.Lock() // it would hang
}

// boxed stands for what an interpreter puts in the place of an interface.
type boxed struct {
	key   int // of a table that only the interpreter has
	value reflect.Value
}

func TestOpaque(t *testing.T) {
	one := 1
	x := struct {
		a, b, zero boxed
		p          *int
		all        []boxed
		m          map[string]boxed
	}{
		a: boxed{5, reflect.ValueOf(&one)}, b: boxed{6, reflect.ValueOf([]string{"s"})}, p: &one,
		all: []boxed{{7, reflect.ValueOf(inner{s: "in"})}}, m: map[string]boxed{"nothing": {8, reflect.Value{}}},
	}
	y := x
	y.a, y.b, y.zero, y.p, y.all, y.m = boxed{}, boxed{}, x.a, nil, nil, nil
	o := optionsFor(inner{})
	o.Types.Opaque(reflect.TypeFor[boxed]())
	_, err := value.Encode(variables([]any{&x}), o)
	if e, ok := errors.AsType[*value.Error](err); !ok || e.Path != "v0.a" {
		t.Errorf("without Resolve: got %v", err)
	}
	o.Resolve = func(v reflect.Value) (reflect.Value, string, bool) {
		b := v.Interface().(boxed)
		return b.value, fmt.Sprint(b.key), true
	}
	o.Restore = func(typ reflect.Type, with reflect.Value, note string) (reflect.Value, error) {
		var b boxed
		_, err := fmt.Sscan(note, &b.key)
		b.value = with
		return reflect.ValueOf(b), err
	}
	send(t, o, []any{&x}, []any{&y})
	if y.a.key != 5 || y.a.value.Interface() != y.p || *y.p != 1 || y.zero.key != 0 {
		t.Errorf("got %v", y)
	}
	if s := y.b.value.Interface().([]string); s[0] != "s" {
		t.Errorf("got %v", s)
	}
	if y.all[0].value.Interface().(inner).s != "in" || y.m["nothing"].value.IsValid() || y.m["nothing"].key != 8 {
		t.Errorf("got %v, %v", y.all, y.m)
	}
	o.Restore = func(reflect.Type, reflect.Value, string) (reflect.Value, error) {
		return reflect.Value{}, io.ErrNoProgress
	}
	data, err := value.Encode(variables([]any{&x}), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := value.Decode(data, byName([]any{&y}), o); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v, want what Restore said", err)
	}
}
