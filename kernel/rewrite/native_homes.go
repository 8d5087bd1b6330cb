package rewrite

import (
	"go/types"
	"maps"
	"slices"
	"strconv"

	"lockstep/kernel/rewrite/mark"
)

// Homes knows where the declarations and variables of a session live among its
// compiled units. A type or a generic function has a home: the unit that compiled it, which others
// import. A variable, and what a function's name stands for, is a slot: a place that the session owns.
// A Homes never changes once [NativeUnit.Settle] has completed it. The zero value is that of an empty session.
type Homes struct {
	units map[string]string // type or generic function → import path of its home, "" until settled
	slots map[string]slot   // variable or function → its slot
	made  map[string]int    // highest version of a slot ever given, by name
	// bodies are the units that hold the bodies in force, by function ("f") and exchanged method ("T.M").
	bodies map[string]string
	// structs are the homes of struct types without a name that have unexported fields, by their text.
	structs map[string]named
	// known are the units in force: what each needs beside itself.
	known map[string]needs
	// ages numbers the units in the order in which they came into force, the latest time of each.
	ages map[string]int
	last int
}

type slot struct {
	name string // in the registry
	typ  string // what it holds, to tell when it holds something else
}

type named struct{ unit, name string }

// needs is what a unit refers to: other units, and slots of functions.
type needs struct {
	units []string
	funcs []string
}

func (h *Homes) clone() *Homes {
	if h == nil {
		h = &Homes{}
	}
	c := &Homes{units: maps.Clone(h.units), slots: maps.Clone(h.slots), made: maps.Clone(h.made), bodies: maps.Clone(h.bodies),
		structs: maps.Clone(h.structs), known: maps.Clone(h.known), ages: maps.Clone(h.ages), last: h.last}
	for _, m := range []*map[string]string{&c.units, &c.bodies} {
		if *m == nil {
			*m = map[string]string{}
		}
	}
	if c.slots == nil {
		c.slots, c.made, c.structs, c.known, c.ages = map[string]slot{}, map[string]int{}, map[string]named{}, map[string]needs{}, map[string]int{}
	}
	return c
}

// renew gives a name another slot.
func (h *Homes) renew(name, typ string) {
	h.made[name]++
	s := slot{name: name, typ: typ}
	if v := h.made[name]; v > 1 {
		s.name += mark.Mark + strconv.Itoa(v)
	}
	h.slots[name] = s
}

// Variable is the name of a session variable's slot.
func (h *Homes) Variable(name string) string {
	if h != nil {
		if s, ok := h.slots[name]; ok {
			return s.name
		}
	}
	return name
}

// Body is the import path of the unit that holds the body of a function, "" when there is none.
func (h *Homes) Body(name string) string {
	if h == nil {
		return ""
	}
	return h.bodies[name]
}

// Home is the import path of the unit that holds a type or generic function.
func (h *Homes) Home(name string) string { return h.units[name] }

// Age tells which of two units came into force later: that with the larger one. A body in it
// has replaced one of the same function in the other.
func (h *Homes) Age(path string) int { return h.ages[path] }

// Reached returns the units that code of a unit needs to run in a fresh process, that unit last: those that hold the
// types of it and them, methods exchanged in those, and the bodies of the functions among names, which are all that the code reaches:
// other code of the units may call others, but does not run.
func (h *Homes) Reached(path string, names map[string]bool) []string {
	var order []string
	var visit func(string)
	visit = func(p string) {
		if slices.Contains(order, p) {
			return
		}
		order = append(order, p)
		n := h.known[p]
		for _, u := range n.units {
			visit(u)
		}
		for _, f := range n.funcs {
			if b := h.bodies[f]; b != "" && names[f] {
				visit(b)
			}
		}
	}
	visit(path)
	for again := true; again; {
		again = false
		for key, b := range h.bodies {
			t, _, method := cutMethod(key)
			if method && !slices.Contains(order, b) && slices.Contains(order, h.units[t]) {
				visit(b)
				again = true
			}
		}
	}
	rest := order[1:]
	slices.Reverse(rest)
	return append(slices.Clone(rest), path)
}

func cutMethod(key string) (recv, name string, ok bool) {
	for i := range len(key) {
		if key[i] == '.' {
			return key[:i], key[i+1:], true
		}
	}
	return key, "", false
}

// structKey names a struct type by its text.
func structKey(t *types.Struct) string { return types.TypeString(t, nil) }
