package cellsym

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/rewrite/mark"
)

// yaegi keeps a value of an interpreted type that is in an interface in a box,
// interp.valueInterface, which compiled code sees as it is. What follows takes the value out
// and binds its methods. yaegi offers nothing for that; this relies on the
// insides of version 0.16.1, and on nothing but the names and types of some
// fields, and the signatures of three functions, which tests keep.

//go:linkname lookupMethod github.com/traefik/yaegi/interp.(*itype).lookupMethod
func lookupMethod(typ unsafe.Pointer, name string) (method unsafe.Pointer, index []int)

//go:linkname typeOf github.com/traefik/yaegi/interp.(*itype).TypeOf
func typeOf(typ unsafe.Pointer) reflect.Type

//go:linkname genFunctionWrapper github.com/traefik/yaegi/interp.genFunctionWrapper
func genFunctionWrapper(node unsafe.Pointer) func(frame unsafe.Pointer) reflect.Value

// box has the layout of interp.valueInterface.
type box struct {
	node  unsafe.Pointer // where the value got into the interface; has its type
	value reflect.Value
}

// receiver has the layout of interp.receiver.
type receiver struct {
	_     unsafe.Pointer // its node
	value reflect.Value
	index []int
}

// layout is where the insides of yaegi have what is needed here.
type layout struct {
	node             reflect.Type
	nodeType         uintptr // offsets
	nodeReceiver     uintptr
	functionReceiver uintptr // of interp.itype
	typeName         uintptr
	frame            uintptr // of interp.Interpreter
}

// insides finds the layout from the type of a box.
var insides = sync.OnceValue(func() layout {
	it := reflect.TypeFor[interp.Interpreter]()
	frame, _ := it.FieldByName("frame")
	universe, _ := it.FieldByName("universe")
	symbols, _ := universe.Type.Elem().FieldByName("sym")
	node, _ := symbols.Type.Elem().Elem().FieldByName("node")
	l := layout{node: node.Type.Elem(), frame: frame.Offset}
	typ, _ := l.node.FieldByName("typ")
	recv, _ := l.node.FieldByName("recv")
	of, _ := typ.Type.Elem().FieldByName("recv")
	name, _ := typ.Type.Elem().FieldByName("name")
	l.nodeType, l.nodeReceiver, l.functionReceiver, l.typeName = typ.Offset, recv.Offset, of.Offset, name.Offset
	return l
})

// open takes a box apart. ok is false for every other value.
func open(x any) (b box, ok bool) {
	t := reflect.TypeOf(x)
	if t == nil || !isBox(t) {
		return box{}, false
	}
	p := reflect.New(t)
	p.Elem().Set(reflect.ValueOf(x))
	return *(*box)(p.UnsafePointer()), true
}

func isBox(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.Name() == "valueInterface" && t.PkgPath() == reflect.TypeFor[interp.Interpreter]().PkgPath()
}

// Boxed is what a box holds, and the name that a cell gives the type of it, "" where the box does not
// tell; both are zero for what is no box.
func Boxed(v reflect.Value) (name string, inner reflect.Value) {
	if !v.IsValid() || !isBox(v.Type()) {
		return "", reflect.Value{}
	}
	b, _ := open(Exposed(v).Interface())
	return strings.TrimPrefix(b.typeName(), "main."), b.value
}

func at[T any](p unsafe.Pointer, offset uintptr) *T { return (*T)(unsafe.Add(p, offset)) }

// typeName is the name of the type as Go programs print it, where the box got the value with it.
func (b box) typeName() string {
	if b.node == nil {
		return ""
	}
	l := insides()
	typ := *at[unsafe.Pointer](b.node, l.nodeType)
	if typ == nil {
		return ""
	}
	if name := *at[string](typ, l.typeName); name != "" {
		return "main." + mark.Plain(name)
	}
	return ""
}

// method binds a method of the boxed value; nil if its type has none of that
// name in its method set.
func (b box) method(it *interp.Interpreter, name string) any {
	l := insides()
	if b.node == nil || !b.value.IsValid() {
		return nil
	}
	typ := *at[unsafe.Pointer](b.node, l.nodeType)
	if typ == nil {
		return nil
	}
	m, index := lookupMethod(typ, name)
	if m == nil {
		return nil
	}
	of := *at[unsafe.Pointer](*at[unsafe.Pointer](m, l.nodeType), l.functionReceiver)
	if of != nil && typeOf(of).Kind() == reflect.Pointer && b.value.Kind() != reflect.Pointer && len(index) == 0 {
		return nil // declared for the pointer
	}
	bound := reflect.New(l.node)
	bound.Elem().Set(reflect.NewAt(l.node, m).Elem())
	*at[*receiver](bound.UnsafePointer(), l.nodeReceiver) = &receiver{value: b.value, index: index}
	f := genFunctionWrapper(bound.UnsafePointer())(*at[unsafe.Pointer](unsafe.Pointer(it), l.frame))
	return f.Interface()
}
