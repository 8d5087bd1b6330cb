package value_test

import (
	"fmt"
	"reflect"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"lockstep/exec/procs/value"
)

// vertex is a node of a random graph. It refers to others, and into the middle
// of others, in every way that there is.
type vertex struct {
	v       int
	name    string
	next    *vertex
	kids    []*vertex
	run     []vertex
	table   map[string]*vertex
	keys    map[*vertex]int
	any     any
	number  *int
	numbers []int
	array   [3]int
	whole   *[3]int
	label   *string
	sub     struct {
		flag  bool
		in    struct{ x uint16 }
		other *struct{ x uint16 }
		slice []any
	}
}

// graph draws vertices in a few arrays that refer to each other at random.
func graph(t *rapid.T) []any {
	var arrays [][]vertex
	var all []*vertex
	for range rapid.IntRange(1, 4).Draw(t, "arrays") {
		a := make([]vertex, rapid.IntRange(1, 4).Draw(t, "length"))
		arrays = append(arrays, a)
		for i := range a {
			all = append(all, &a[i])
		}
	}
	draw := func() *vertex { return rapid.SampledFrom(all).Draw(t, "to") }
	chance := func() bool { return rapid.Bool().Draw(t, "link") }
	part := func() any {
		v := draw()
		switch rapid.IntRange(0, 9).Draw(t, "part") {
		case 0:
			return v
		case 1:
			return &v.array[rapid.IntRange(0, 2).Draw(t, "i")]
		case 2:
			return &v.sub.in
		case 3:
			return v.kids
		case 4:
			return v.table
		case 5:
			return &v.any
		case 6:
			return []any{&v.v, &v.sub, nil}
		case 7:
			return struct{ p *string }{&v.name}
		case 8:
			return &v.kids
		default:
			return rapid.Int().Draw(t, "n")
		}
	}
	for i, v := range all {
		v.v, v.name = i, fmt.Sprint("n", i)
		if chance() {
			v.next = draw()
		}
		if chance() {
			v.kids = make([]*vertex, rapid.IntRange(0, 3).Draw(t, "kids"), 4)
			for k := range v.kids {
				v.kids[k] = draw()
			}
			if chance() {
				draw().kids = v.kids[len(v.kids)/2:]
			}
		}
		if chance() {
			a := rapid.SampledFrom(arrays).Draw(t, "array")
			from := rapid.IntRange(0, len(a)).Draw(t, "from")
			to := rapid.IntRange(from, len(a)).Draw(t, "to")
			v.run = a[from:to]
		}
		if chance() {
			v.table = map[string]*vertex{"a": draw(), "b": nil}
			v.keys = map[*vertex]int{draw(): 1, nil: 2}
			if chance() {
				draw().table = v.table
			}
		}
		if chance() {
			v.number, v.label = &draw().array[1], &draw().name
			v.whole, v.sub.other = &draw().array, &draw().sub.in
		}
		if chance() {
			v.numbers = draw().array[rapid.IntRange(0, 2).Draw(t, "low"):]
		}
		v.sub.flag = chance()
		if chance() {
			v.any = part()
			v.sub.slice = []any{part(), part()}
		}
	}
	roots := []any{new(*vertex), new([]vertex), new(any)}
	*roots[0].(**vertex) = draw()
	*roots[1].(*[]vertex) = rapid.SampledFrom(arrays).Draw(t, "root")
	*roots[2].(*any) = part()
	// Variables may themselves be part of the graph.
	draw().any = roots[2]
	for _, a := range arrays {
		if len(a) == 1 && chance() {
			roots = append(roots, &a[0])
		}
	}
	return roots
}

func graphOptions() value.Options { return optionsFor(vertex{}) }

func TestGraphsArriveAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := graph(t)
		var to []any
		for _, p := range from {
			to = append(to, reflect.New(reflect.TypeOf(p).Elem()).Interface())
		}
		data, err := value.Encode(variables(from), graphOptions())
		if err != nil {
			t.Fatal(err)
		}
		if err := value.Decode(data, byName(to), graphOptions()); err != nil {
			t.Fatal(err)
		}
		c := comparison{there: map[spot]unsafe.Pointer{}, back: map[spot]unsafe.Pointer{}, maps: map[unsafe.Pointer]unsafe.Pointer{}}
		for i := range from {
			c.compare(fmt.Sprintf("v%d", i), reflect.ValueOf(from[i]).Elem(), reflect.ValueOf(to[i]).Elem())
		}
		if c.difference != "" {
			t.Fatal(c.difference)
		}
	})
}

// comparison walks two graphs at once. Each address of one must correspond to
// one of the other: then they share memory in the same places.
type comparison struct {
	there, back map[spot]unsafe.Pointer
	maps        map[unsafe.Pointer]unsafe.Pointer
	difference  string
}

type spot struct {
	p unsafe.Pointer
	t reflect.Type
}

func (c *comparison) differ(path, format string, args ...any) {
	if c.difference == "" {
		c.difference = path + ": " + fmt.Sprintf(format, args...)
	}
}

func (c *comparison) compare(path string, a, b reflect.Value) {
	if c.difference != "" {
		return
	}
	if a.CanAddr() && a.Type().Size() > 0 {
		p, q := unsafe.Pointer(a.UnsafeAddr()), unsafe.Pointer(b.UnsafeAddr())
		old, seen := c.there[spot{p, a.Type()}]
		back, seenBack := c.back[spot{q, b.Type()}]
		if seen && old != q || seenBack && back != p {
			c.differ(path, "not the same place")
		}
		if seen {
			return
		}
		c.there[spot{p, a.Type()}], c.back[spot{q, b.Type()}] = q, p
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			c.differ(path, "one is nil")
		} else if !a.IsNil() {
			c.compare("*"+path, a.Elem(), b.Elem())
		}
	case reflect.Interface:
		if a.IsNil() != b.IsNil() || !a.IsNil() && a.Elem().Type() != b.Elem().Type() {
			c.differ(path, "got %v, want %v", b, a)
		} else if !a.IsNil() {
			c.compare(path, a.Elem(), b.Elem())
		}
	case reflect.Struct:
		for i := range a.NumField() {
			c.compare(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Slice:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			c.differ(path, "got length %d, want %d", b.Len(), a.Len())
			return
		}
		fallthrough
	case reflect.Array:
		for i := range a.Len() {
			c.compare(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i))
		}
	case reflect.Map:
		c.compareMaps(path, a, b)
	default:
		if !a.Equal(b) {
			c.differ(path, "got %v, want %v", b, a)
		}
	}
}

func (c *comparison) compareMaps(path string, a, b reflect.Value) {
	if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
		c.differ(path, "got length %d, want %d", b.Len(), a.Len())
		return
	}
	p, q := a.UnsafePointer(), b.UnsafePointer()
	if old, seen := c.maps[p]; seen {
		if old != q {
			c.differ(path, "not the same map")
		}
		return
	}
	c.maps[p] = q
	for _, k := range a.MapKeys() {
		if k.Kind() != reflect.Pointer {
			c.compare(path+"["+k.String()+"]", a.MapIndex(k), b.MapIndex(k))
			continue
		}
		// The key that corresponds is the one with the same value.
		for _, l := range b.MapKeys() {
			if a.MapIndex(k).Int() == b.MapIndex(l).Int() {
				c.compare(path+" key", k, l)
			}
		}
	}
}

// FuzzDecode feeds the decoder with what nobody has sent. It may refuse it or
// make something of it, but must stay alive and small.
func FuzzDecode(f *testing.F) {
	one := 1
	v := vertex{name: "n", number: &one, any: []any{1, "a", map[string]int{"b": 2}, struct{ A []int }{[]int{1}}}}
	v.next, v.kids, v.run = &v, []*vertex{&v}, []vertex{{v: 1}}
	v.table, v.keys = map[string]*vertex{"a": &v}, map[*vertex]int{&v: 1}
	data, err := value.Encode(variables([]any{&v, &one}), graphOptions())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	x := outer{any: []any{[2]string{"a"}, (func(int, ...string) bool)(nil), (<-chan int)(nil)}, big: bigTen, when: someTime}
	if data, err = value.Encode(variables([]any{&x.any, &x.big, &x.when, &x.list}), graphOptions()); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, to := range [][]any{
			{new(vertex), new(int), new(any)},
			{&new(outer).any, &new(outer).big, &new(outer).when, &new(outer).list},
		} {
			if err := value.Decode(data, fuzzed(to), graphOptions()); err == nil {
				// What came in can go out.
				if _, err := value.Encode(variables(to), graphOptions()); err != nil {
					t.Errorf("decoded, but cannot be encoded: %v", err)
				}
			}
		}
	})
}

func fuzzed(to []any) func(string) (reflect.Value, error) {
	find := byName(to)
	return func(name string) (reflect.Value, error) {
		for i := range to {
			if name == fmt.Sprintf("v%d", i) {
				return find(name)
			}
		}
		return reflect.Value{}, fmt.Errorf("no variable %q", name)
	}
}
