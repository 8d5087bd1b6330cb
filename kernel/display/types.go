package display

import "reflect"

// TypeID is an index into [Types]. 0 is a type that is not described.
type TypeID int

// Type describes a Go type as the checker knows it. For a defined type, Kind
// and what follows describe its underlying type.
type Type struct {
	Name  string // as Go writes it in a cell: "P", "[]P", "map[string]int", "time.Duration"
	Named bool   // a defined type
	// Foreign types belong to a package outside the session. Reflection knows
	// them: Name and Kind are all there is.
	Foreign bool
	Kind    reflect.Kind // reflect.Interface for type parameters, too
	Elem    TypeID       // of an array, channel, map, pointer, slice
	Key     TypeID       // of a map
	Len     int          // of an array
	Fields  []Field      // of a struct, in order
	Methods []string     // those of its method set that [Format] looks at: see [Methods]
}

// Field is one field of a struct [Type].
type Field struct {
	Name     string
	Type     TypeID
	Embedded bool
}

// Types is a table of types that refer to each other by index, so that it can
// describe recursive types and be sent with encoding/gob. Element 0 is unused.
type Types []Type

// at returns the description of id, or nil.
func (ts Types) at(id TypeID) *Type {
	if id <= 0 || int(id) >= len(ts) {
		return nil
	}
	return &ts[id]
}
