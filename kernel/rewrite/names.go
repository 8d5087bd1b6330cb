package rewrite

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// Names knows under which names a session's declarations and variables live in
// one engine. A declaration that is made anew gets a new name there, since what
// an engine has compiled never changes; what refers to it is made anew with it.
// Not safe for concurrent use.
type Names struct {
	made     map[string]int  // highest version ever given
	current  map[string]int  // version that the session means
	imported map[string]bool // package paths imported in the engine
	units    int
	// instances are the names of instances of generic declarations, by their text.
	instances map[string]string
	generic   []string       // the instances of generic types, as the session writes them
	stock     map[string]int // types of the run time taken, by basic type
	own       int            // names given to instances and local types
}

// NewNames returns the names of a fresh engine: none.
func NewNames() *Names {
	return &Names{made: map[string]int{}, current: map[string]int{}, imported: map[string]bool{}, instances: map[string]string{}, stock: map[string]int{}}
}

func (n *Names) clone() *Names {
	return &Names{made: maps.Clone(n.made), current: maps.Clone(n.current), imported: maps.Clone(n.imported), units: n.units,
		instances: maps.Clone(n.instances), generic: slices.Clone(n.generic), own: n.own, stock: maps.Clone(n.stock)}
}

// renew gives name its next version.
func (n *Names) renew(name string) {
	n.made[name]++
	n.current[name] = n.made[name]
}

// local makes a name that is like none before.
func (n *Names) local(name string) string {
	n.own++
	return name + mark.Mark + "0" + strconv.Itoa(n.own)
}

// internal is the engine's name for the session's name.
func (n *Names) internal(name string) string {
	v := n.current[name]
	if v <= 1 && name != "main" && name != "init" && name != "_" {
		return name
	}
	return name + mark.Mark + strconv.Itoa(v)
}

// Variable is the engine's name of a session variable.
func (n *Names) Variable(name string) string { return n.internal(name) }

// alias is the name under which a unit imports path.
func alias(path string) string {
	return mark.Mark + strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return 'ˑ'
		case r == '.':
			return 'ꞏ' // a letter, as the next
		case r == '-':
			return 'ー'
		case r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
			return r
		}
		return '_'
	}, path)
}

// old strips check's mark for the earlier variable of a redefinition.
func old(name string) (string, bool) { return check.OldName(name) }
