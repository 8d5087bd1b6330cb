package main

import "image/color"

// side is the width and height of the square that the logo is drawn in.
const side = 64

// verb is what a segment of an outline does.
type verb byte

const (
	moveTo  verb = 'M'
	lineTo  verb = 'L'
	cubicTo verb = 'C'
	closed  verb = 'Z'
)

// A segment is one step of an outline: two coordinates for moveTo and lineTo,
// six for cubicTo, none for closed.
type segment struct {
	verb verb
	at   []float64
}

// A shape is one filled outline.
type shape struct {
	fill    color.NRGBA
	outline []segment
}

// kappa places the control points of a cubic so that it follows a quarter of a
// circle to within 0.03 %.
const kappa = 0.5522847498

// logo is a padlock whose body shows three workers that run one after another,
// in steps: what the lock of this kernel does to threads.
func logo() []shape {
	var (
		shackle = color.NRGBA{0x8f, 0xa7, 0xbd, 0xff}
		body    = color.NRGBA{0x1b, 0x5e, 0x8c, 0xff}
		lane    = color.NRGBA{0x2f, 0x79, 0xab, 0xff}
		first   = color.NRGBA{0xff, 0xc8, 0x4a, 0xff}
		second  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
		third   = color.NRGBA{0x6f, 0xe0, 0xc8, 0xff}
	)
	shapes := []shape{
		{shackle, arch(32, 21, 17, 10.5, 32)},
		{body, roundRect(6, 26, 52, 36, 8)},
	}
	for i, c := range []color.NRGBA{first, second, third} {
		y := 32 + 9*float64(i)
		shapes = append(shapes,
			shape{lane, roundRect(12, y, 40, 6, 3)},
			shape{c, roundRect(12+13*float64(i), y, 14, 6, 3)},
		)
	}
	return shapes
}

// roundRect is the outline of a rectangle whose corners have the radius r.
func roundRect(x, y, w, h, r float64) []segment {
	k := r * (1 - kappa)
	return []segment{
		{moveTo, []float64{x + r, y}},
		{lineTo, []float64{x + w - r, y}},
		{cubicTo, []float64{x + w - k, y, x + w, y + k, x + w, y + r}},
		{lineTo, []float64{x + w, y + h - r}},
		{cubicTo, []float64{x + w, y + h - k, x + w - k, y + h, x + w - r, y + h}},
		{lineTo, []float64{x + r, y + h}},
		{cubicTo, []float64{x + k, y + h, x, y + h - k, x, y + h - r}},
		{lineTo, []float64{x, y + r}},
		{cubicTo, []float64{x, y + k, x + k, y, x + r, y}},
		{verb: closed},
	}
}

// arch is the outline of a band bent over the centre (cx, cy), between the radii
// outer and inner, with straight legs down to bottom.
func arch(cx, cy, outer, inner, bottom float64) []segment {
	o, i := outer*kappa, inner*kappa
	return []segment{
		{moveTo, []float64{cx - outer, bottom}},
		{lineTo, []float64{cx - outer, cy}},
		{cubicTo, []float64{cx - outer, cy - o, cx - o, cy - outer, cx, cy - outer}},
		{cubicTo, []float64{cx + o, cy - outer, cx + outer, cy - o, cx + outer, cy}},
		{lineTo, []float64{cx + outer, bottom}},
		{lineTo, []float64{cx + inner, bottom}},
		{lineTo, []float64{cx + inner, cy}},
		{cubicTo, []float64{cx + inner, cy - i, cx + i, cy - inner, cx, cy - inner}},
		{cubicTo, []float64{cx - i, cy - inner, cx - inner, cy - i, cx - inner, cy}},
		{lineTo, []float64{cx - inner, bottom}},
		{verb: closed},
	}
}
