package rt

import "time"

// Kin is values of the types that are made of T and that the session may make variables of without a
// compiled unit (see definable in package rewrite). They are there so that compiled code has those types:
// then reflection finds them, where it else would make types of its own, which are others
// than those of units that are loaded later.
func Kin[T any]() []any {
	return []any{
		(*T)(nil), []T(nil), [][]T(nil), []*T(nil),
		map[string]T(nil), map[string][]T(nil), map[string]*T(nil),
		map[int]T(nil), map[int][]T(nil), map[int]*T(nil),
	}
}

// kept is the kin of the types of the language, and of some that cells use often.
var kept [][]any

func init() {
	kept = append(kept,
		basic[bool](), basic[string](),
		basic[int](), basic[int8](), basic[int16](), basic[int32](), basic[int64](),
		basic[uint](), basic[uint8](), basic[uint16](), basic[uint32](), basic[uint64](), basic[uintptr](),
		basic[float32](), basic[float64](), basic[complex64](), basic[complex128](),
		Kin[any](), Kin[error](), Kin[time.Duration](), Kin[time.Time](),
	)
}

func basic[K comparable]() []any { return append(Kin[K](), map[K]bool(nil), map[K]int(nil)) }
