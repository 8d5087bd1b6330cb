package value

import (
	"context"
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	randv1 "math/rand"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Variable is a variable to be sent. Its value should be the variable itself,
// as reflect.ValueOf(&x).Elem() is: then pointers to it still point to it after
// the journey.
type Variable struct {
	Name  string
	Value reflect.Value
}

// Options is what sender and receiver agree on. Its zero value will do unless
// interfaces hold values of types that the program declares.
type Options struct {
	// Types are the named types that interfaces may hold; nil for none beyond
	// those that are built in.
	Types *Types
	// Binary is called in place of the method MarshalBinary of values that have one; nil: they are called themselves.
	Binary func(encoding.BinaryMarshaler) ([]byte, error)
	// Resolve is asked for a value of an opaque type, one that only an
	// interpreter understands: one of yaegi's own. It returns what to send in its place (an invalid
	// Value for nil), and a note for Restore; false if it does not know. It may
	// be called more than once for the same value. Zero values are sent as such
	// without asking.
	Resolve func(v reflect.Value) (with reflect.Value, note string, ok bool)
	// Restore is the reverse in the receiver: it returns a value of type t made
	// of what Resolve gave.
	Restore func(t reflect.Type, with reflect.Value, note string) (reflect.Value, error)
}

// Types gives names to types, so that another process can find them. The zero
// value is empty and ready. It may be read concurrently, not changed.
type Types struct {
	byName map[string]reflect.Type
	byType map[reflect.Type]string
	opaque map[reflect.Type]bool
	others Names
}

// Names tells the names of types that come and go while the program runs. It may be used
// concurrently.
type Names interface {
	Name(typ reflect.Type) (string, bool)
	Lookup(name string) (reflect.Type, bool)
}

// Others has n asked for types and names that were not added.
func (t *Types) Others(n Names) { t.others = n }

// Add gives a type a name, in place of an earlier type of that name.
func (t *Types) Add(name string, typ reflect.Type) {
	if t.byName == nil {
		t.byName, t.byType = map[string]reflect.Type{}, map[reflect.Type]string{}
	}
	if old, ok := t.byName[name]; ok {
		delete(t.byType, old)
	}
	t.byName[name], t.byType[typ] = typ, name
}

// Opaque declares a type whose values only Options.Resolve understands, in
// addition to those of yaegi's own packages.
func (t *Types) Opaque(typ reflect.Type) {
	if t.opaque == nil {
		t.opaque = map[reflect.Type]bool{}
	}
	t.opaque[typ] = true
}

func (t *Types) isOpaque(typ reflect.Type) bool {
	return isInterpreters(typ) || t != nil && t.opaque[typ]
}

func (t *Types) name(typ reflect.Type) (string, bool) {
	if t != nil {
		if name, ok := t.byType[typ]; ok {
			return name, true
		}
	}
	name, ok := builtin.byType[typ]
	if !ok && t != nil && t.others != nil {
		name, ok = t.others.Name(typ)
	}
	return name, ok
}

func (t *Types) lookup(name string) (reflect.Type, bool) {
	if t != nil {
		if typ, ok := t.byName[name]; ok {
			return typ, true
		}
	}
	typ, ok := builtin.byName[name]
	if !ok && t != nil && t.others != nil {
		typ, ok = t.others.Lookup(name)
	}
	return typ, ok
}

// builtin are types that interfaces may hold without being told to anybody:
// what the standard library puts into interfaces of a program that has no
// types of its own.
var builtin = func() (t Types) {
	for _, v := range []any{
		false, 0, int8(0), int16(0), int32(0), int64(0),
		uint(0), uint8(0), uint16(0), uint32(0), uint64(0), uintptr(0),
		float32(0), 0.0, complex64(0), 0i, "",
		time.Time{}, time.Duration(0), time.Month(0), time.Weekday(0),
		big.Int{}, big.Rat{}, big.Float{}, url.URL{},
		netip.Addr{}, netip.AddrPort{}, netip.Prefix{},
		strings.Reader{}, strings.Builder{},
		rand.PCG{}, rand.ChaCha8{},
		fs.PathError{}, strconv.NumError{}, url.Error{}, syscall.Errno(0),
		context.Background(), context.TODO(),
	} {
		t.Add(reflect.TypeOf(v).String(), reflect.TypeOf(v))
	}
	for name, v := range map[string]any{
		"errors.New":             errors.New(""),
		"errors.Join":            errors.Join(errors.ErrUnsupported),
		"fmt.Errorf %w":          fmt.Errorf("%w", errors.ErrUnsupported),
		"fmt.Errorf %w %w":       fmt.Errorf("%w %w", errors.ErrUnsupported, errors.ErrUnsupported),
		"math/rand.NewSource":    randv1.NewSource(1),
		"binary.LittleEndian":    &binary.LittleEndian,
		"math/rand/v2.NewSource": rand.NewPCG(0, 0),
	} {
		t.Add(name, reflect.TypeOf(v).Elem())
	}
	t.Add("any", reflect.TypeFor[any]())
	t.Add("error", reflect.TypeFor[error]())
	return t
}()
