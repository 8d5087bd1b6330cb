package session

import (
	"fmt"
	"reflect"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/rewrite/mark"
)

// declareFlag declares [mark.Flag] in an interpreter as a variable that lies where flag points to. There is no call for
// that: a compiled variable of a table would be taken for a constant where it stands as a condition, and a pointer takes a step
// more to read.
func declareFlag(it *interp.Interpreter, flag *bool) error {
	if _, err := it.Eval("package main\n\nvar " + mark.Flag + " bool"); err != nil {
		return err
	}
	at, err := it.Eval("&" + mark.Flag)
	if err != nil {
		return err
	}
	frame, err := inside(reflect.ValueOf(it), "frame", reflect.Pointer)
	if err != nil {
		return err
	}
	data, err := inside(frame, "data", reflect.Slice)
	if err != nil {
		return err
	}
	vars, ok := data.Interface().([]reflect.Value)
	if !ok {
		return fmt.Errorf("the interpreter's variables are %s", data.Type())
	}
	for i, v := range vars {
		if v.CanAddr() && v.Kind() == reflect.Bool && v.Addr().Pointer() == at.Pointer() {
			vars[i] = reflect.ValueOf(flag).Elem()
			return nil
		}
	}
	return fmt.Errorf("the interpreter's variables do not hold the one that was declared")
}
