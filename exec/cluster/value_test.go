//go:build unix

package cluster_test

import (
	"reflect"

	"lockstep/exec/procs/value"
)

// procsValue writes a variable down, as a session does.
func procsValue(v []byte) ([]byte, error) {
	return value.Encode([]value.Variable{{Name: "values", Value: reflect.ValueOf(&v).Elem()}}, value.Options{})
}
