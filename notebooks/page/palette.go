package page

import (
	"fmt"
	"strings"
)

// A swatch is one CSS variable with its value in both themes.
type swatch struct {
	name, light, dark string
	// on names the backgrounds on which text in this colour stands; the test
	// holds each pair to WCAG AA.
	on string
}

// palette is every colour of the pages. Surfaces come first, then text, then
// the syntax of code, then the terminal's sixteen colours.
var palette = []swatch{
	{name: "paper", light: "#fdfdfb", dark: "#17181b"},
	{name: "code", light: "#f5f4f0", dark: "#1f2125"},
	{name: "error", light: "#fcf1ef", dark: "#2b1d1d"},
	{name: "warn", light: "#fbf6e6", dark: "#28241a"},
	{name: "good", light: "#eef6ee", dark: "#1a261d"},
	{name: "mark", light: "#f3e9c6", dark: "#4a4020"},
	{name: "rule", light: "#dcdad2", dark: "#383b41"},
	{name: "rule-strong", light: "#8b8981", dark: "#7d828b"},

	{name: "ink", light: "#1d1e20", dark: "#dfe1e4", on: "paper code error warn good mark"},
	{name: "muted", light: "#5f6166", dark: "#a2a6ad", on: "paper code error warn good"},
	{name: "link", light: "#0b57a4", dark: "#86b8f2", on: "paper code error warn good"},
	{name: "error-ink", light: "#a3241c", dark: "#f5968d", on: "paper error"},
	{name: "good-ink", light: "#256a35", dark: "#84cf94", on: "paper good"},

	{name: "hl-keyword", light: "#7a2d8c", dark: "#cfa0e0", on: "code paper"},
	{name: "hl-type", light: "#1c5f78", dark: "#84c5dd", on: "code paper"},
	{name: "hl-name", light: "#0b57a4", dark: "#8fbcf3", on: "code paper"},
	{name: "hl-string", light: "#2d6a31", dark: "#9ccd93", on: "code paper"},
	{name: "hl-number", light: "#95460f", dark: "#e5b07c", on: "code paper"},
	{name: "hl-comment", light: "#66675f", dark: "#a0a297", on: "code paper"},
	{name: "hl-magic", light: "#9c2a55", dark: "#eb9cbb", on: "code paper"},

	{name: "ansi-0", light: "#1d1e20", dark: "#9a9ea6", on: terminals},
	{name: "ansi-1", light: "#b3261e", dark: "#f28b82", on: terminals},
	{name: "ansi-2", light: "#256a35", dark: "#84cf94", on: terminals},
	{name: "ansi-3", light: "#7a5600", dark: "#e2c264", on: terminals},
	{name: "ansi-4", light: "#1f55b5", dark: "#8ab4f8", on: terminals},
	{name: "ansi-5", light: "#8a2a8a", dark: "#dd9ae0", on: terminals},
	{name: "ansi-6", light: "#0e6370", dark: "#7dcfdc", on: terminals},
	{name: "ansi-7", light: "#5f6166", dark: "#d2d5da", on: terminals},
	{name: "ansi-8", light: "#5f6166", dark: "#a2a6ad", on: terminals},
	{name: "ansi-9", light: "#c0241a", dark: "#ff9d94", on: terminals},
	{name: "ansi-10", light: "#1c6e30", dark: "#9be3aa", on: terminals},
	{name: "ansi-11", light: "#795600", dark: "#f2d479", on: terminals},
	{name: "ansi-12", light: "#1a5cd0", dark: "#a6c7fa", on: terminals},
	{name: "ansi-13", light: "#a3239f", dark: "#eab2ec", on: terminals},
	{name: "ansi-14", light: "#086673", dark: "#98e2ed", on: terminals},
	{name: "ansi-15", light: "#46484c", dark: "#ffffff", on: terminals},
}

// terminals are the surfaces that streams and tracebacks stand on.
const terminals = "paper error warn"

// variables returns the CSS declarations of one theme.
func variables(dark bool) string {
	var b strings.Builder
	for _, s := range palette {
		value := s.light
		if dark {
			value = s.dark
		}
		fmt.Fprintf(&b, "--%s:%s;", s.name, value)
	}
	return b.String()
}

// surface returns the colour of a background in one theme.
func surface(name string, dark bool) rgb {
	for _, s := range palette {
		if s.name == name {
			if dark {
				return hex(s.dark)
			}
			return hex(s.light)
		}
	}
	return white
}

// readableInTerminal moves a colour until it can be read on every surface that
// streams stand on.
func readableInTerminal(c rgb, dark bool) rgb {
	for name := range strings.FieldsSeq(terminals) {
		c = readable(c, surface(name, dark))
	}
	return c
}

// xterm is the classic sixteen colours, used where a text names its background
// too: then the pair must stay what the program meant, in both themes.
var xterm = [16]rgb{
	{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
	{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
}

// indexed returns colour n of the terminal's 256: the sixteen, a cube of
// 6×6×6, a ramp of 24 greys.
func indexed(n int) rgb {
	switch {
	case n < 16:
		return xterm[n]
	case n < 232:
		level := func(v int) uint8 {
			if v == 0 {
				return 0
			}
			return uint8(55 + 40*v)
		}
		n -= 16
		return rgb{level(n / 36), level(n / 6 % 6), level(n % 6)}
	}
	grey := uint8(8 + 10*(n-232))
	return rgb{grey, grey, grey}
}
