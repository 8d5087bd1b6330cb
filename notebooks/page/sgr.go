package page

import (
	"fmt"
	"strconv"
	"strings"
)

// A shade is the colour of a text or its background: the terminal's default
// (the zero value), one of its sixteen, or an exact colour.
type shade struct {
	kind  shadeKind
	index uint8 // of the sixteen
	exact rgb
}

type shadeKind uint8

const (
	defaultShade shadeKind = iota
	namedShade
	exactShade
)

func (s shade) rgb() rgb {
	if s.kind == namedShade {
		return xterm[s.index]
	}
	return s.exact
}

// A look is everything that SGR sequences (ESC [ … m) set. The zero value is
// plain text.
type look struct {
	fg, bg                                                    shade
	bold, dim, italic, underline, inverse, conceal, struckOut bool
}

// apply returns the look after one SGR sequence with the given parameters.
// Unknown parameters change nothing.
func (l look) apply(params string) look {
	// Colons separate sub-parameters (38:2::r:g:b, 4:3 for a curly underline).
	args := strings.Split(params, ";")
	for i := 0; i < len(args); i++ {
		sub := strings.Split(args[i], ":")
		n := number(sub[0], 0)
		switch {
		case n == 0:
			l = look{}
		case n == 1:
			l.bold = true
		case n == 2:
			l.dim = true
		case n == 3:
			l.italic = true
		case n == 4:
			l.underline = len(sub) < 2 || sub[1] != "0"
		case n == 7:
			l.inverse = true
		case n == 8:
			l.conceal = true
		case n == 9:
			l.struckOut = true
		case n == 21:
			l.underline = true // double underline; nothing else uses it
		case n == 22:
			l.bold, l.dim = false, false
		case n == 23:
			l.italic = false
		case n == 24:
			l.underline = false
		case n == 27:
			l.inverse = false
		case n == 28:
			l.conceal = false
		case n == 29:
			l.struckOut = false
		case n >= 30 && n <= 37:
			l.fg = shade{kind: namedShade, index: uint8(n - 30)}
		case n >= 40 && n <= 47:
			l.bg = shade{kind: namedShade, index: uint8(n - 40)}
		case n >= 90 && n <= 97:
			l.fg = shade{kind: namedShade, index: uint8(n - 82)}
		case n >= 100 && n <= 107:
			l.bg = shade{kind: namedShade, index: uint8(n - 92)}
		case n == 39:
			l.fg = shade{}
		case n == 49:
			l.bg = shade{}
		case n == 38 || n == 48:
			s, used, ok := extended(sub[1:], args[i+1:])
			i += used
			if !ok {
				continue
			}
			if n == 38 {
				l.fg = s
			} else {
				l.bg = s
			}
		}
	}
	return l
}

// extended reads what follows 38 or 48: 5;n or 2;r;g;b, as sub-parameters or as
// parameters of their own, of which it says how many it used.
func extended(sub, args []string) (s shade, used int, ok bool) {
	colons := len(sub) > 0
	if !colons {
		sub = args
	}
	if len(sub) == 0 {
		return s, 0, false
	}
	switch number(sub[0], -1) {
	case 5:
		if len(sub) < 2 {
			return s, len(args), false
		}
		s, used = eightBit(number(sub[1], 0)), 2
	case 2:
		rest := sub[1:]
		// With colons a colour space may stand before the three numbers.
		if colons && len(rest) > 3 {
			rest = rest[1:]
		}
		if len(rest) < 3 {
			return s, len(args), false
		}
		channel := func(i int) uint8 { return uint8(min(max(number(rest[i], 0), 0), 255)) }
		s, used = shade{kind: exactShade, exact: rgb{channel(0), channel(1), channel(2)}}, 4
	default:
		return s, 0, false
	}
	if colons {
		used = 0
	}
	return s, used, true
}

func eightBit(n int) shade {
	n = min(max(n, 0), 255)
	if n < 16 {
		return shade{kind: namedShade, index: uint8(n)}
	}
	return shade{kind: exactShade, exact: indexed(n)}
}

// number reads a parameter; an empty one is def, and one that is no number
// never matches anything.
func number(s string, def int) int {
	if s == "" {
		return def
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// attributes returns the class and style attributes that show the look, with a
// space in front, or "" for plain text.
func (l look) attributes() string {
	var classes, styles []string
	flag := func(on bool, class string) {
		if on {
			classes = append(classes, class)
		}
	}
	flag(l.bold, "ansi-bold")
	flag(l.dim, "ansi-dim")
	flag(l.italic, "ansi-italic")
	flag(l.underline, "ansi-underline")
	flag(l.struckOut, "ansi-struck")
	flag(l.conceal, "ansi-conceal")
	fg, bg := l.fg, l.bg
	if l.inverse {
		fg, bg = bg, fg
	}
	switch {
	case l.inverse && fg == (shade{}) && bg == (shade{}):
		classes = append(classes, "ansi-inverse")
	case bg.kind != defaultShade:
		text := opposite(bg.rgb())
		if fg.kind != defaultShade {
			text = fg.rgb()
		}
		styles = append(styles, fmt.Sprintf("color:%s;background:%s", text, bg.rgb()))
	case l.inverse:
		// A background of its own under the default text, turned round.
		styles = append(styles, fmt.Sprintf("color:%s;background:%s", fg.rgb(), opposite(fg.rgb())))
	case fg.kind == namedShade:
		classes = append(classes, fmt.Sprintf("ansi-%d", fg.index))
	case fg.kind == exactShade:
		// An exact colour was chosen for an unknown background: it is moved
		// just far enough to be read on each of ours.
		classes = append(classes, "ansi-exact")
		styles = append(styles, fmt.Sprintf("--l:%s;--d:%s",
			readableInTerminal(fg.exact, false), readableInTerminal(fg.exact, true)))
	}
	out := ""
	if len(classes) > 0 {
		out = ` class="` + strings.Join(classes, " ") + `"`
	}
	if len(styles) > 0 {
		out += ` style="` + strings.Join(styles, ";") + `"`
	}
	return out
}
