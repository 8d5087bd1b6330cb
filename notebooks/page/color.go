package page

import (
	"fmt"
	"math"
)

// An rgb is a colour in sRGB.
type rgb struct{ r, g, b uint8 }

var (
	black = rgb{}
	white = rgb{255, 255, 255}
)

// String returns the colour as CSS writes it.
func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// hex reads a colour of the tables in this package, #rrggbb.
func hex(s string) (c rgb) {
	fmt.Sscanf(s, "#%02x%02x%02x", &c.r, &c.g, &c.b)
	return c
}

// luminance is the relative luminance of WCAG 2.
func (c rgb) luminance() float64 {
	lin := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.r) + 0.7152*lin(c.g) + 0.0722*lin(c.b)
}

// contrast is the contrast ratio of WCAG 2, from 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// minContrast is what WCAG 2 level AA asks of text.
const minContrast = 4.5

// readable moves a colour towards black or white until text in it can be read
// on the background.
func readable(c, background rgb) rgb {
	target := black
	if contrast(black, background) < contrast(white, background) {
		target = white
	}
	mix := func(a, b uint8, t float64) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*t)) }
	for step := range 20 {
		t := float64(step) / 20
		m := rgb{mix(c.r, target.r, t), mix(c.g, target.g, t), mix(c.b, target.b, t)}
		if contrast(m, background) >= minContrast {
			return m
		}
	}
	return target
}

// opposite returns black or white, whichever reads better on the background.
func opposite(background rgb) rgb {
	if contrast(black, background) >= contrast(white, background) {
		return black
	}
	return white
}
