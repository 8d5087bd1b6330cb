package rt

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// BuiltinPrint is the builtin print.
func BuiltinPrint(a ...any) { _, _ = io.WriteString(host.Stderr(), Printed(a, "")) }

// BuiltinPrintln is the builtin println.
func BuiltinPrintln(a ...any) { _, _ = io.WriteString(host.Stderr(), Printed(a, " ")+"\n") }

// Printed is what the builtin functions write for values, with a text between them.
func Printed(values []any, between string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = printed(v)
	}
	return strings.Join(parts, between)
}

func printed(v any) string {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Float32, reflect.Float64:
		return printedFloat(r.Float(), r.Type().Bits())
	case reflect.Complex64, reflect.Complex128:
		return printedComplex(r.Complex(), r.Type().Bits()/2)
	case reflect.Invalid:
		return "(0x0,0x0)"
	case reflect.Slice:
		return fmt.Sprintf("[%d/%d]%#x", r.Len(), r.Cap(), r.Pointer())
	case reflect.Map, reflect.Chan, reflect.Func, reflect.Pointer, reflect.UnsafePointer:
		return fmt.Sprintf("%#x", r.Pointer())
	case reflect.Bool:
		return fmt.Sprint(r.Bool())
	case reflect.String:
		return r.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprint(r.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return fmt.Sprint(r.Uint())
	}
	return fmt.Sprint(v)
}

// printedFloat has the form of the run time's own (since Go 1.26): the shortest that reads back.
func printedFloat(f float64, bits int) string { return strconv.FormatFloat(f, 'g', -1, bits) }

func printedComplex(c complex128, bits int) string {
	im := printedFloat(imag(c), bits)
	if im[0] != '-' && im[0] != '+' {
		im = "+" + im
	}
	return "(" + printedFloat(real(c), bits) + im + "i)"
}
