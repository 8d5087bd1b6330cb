// Command logo draws the kernel's logo, once as SVG and in the two sizes of PNG
// that Jupyter asks for, from one set of outlines. It writes the files into the
// folder given as its argument; install runs it with go generate.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/image/vector"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: logo DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "logo:", err)
		os.Exit(1)
	}
}

// write puts the three files into dir.
func write(dir string) error {
	shapes := logo()
	files := map[string][]byte{"logo-svg.svg": svg(shapes)}
	for _, px := range []int{32, 64} {
		var buf bytes.Buffer
		enc := png.Encoder{CompressionLevel: png.BestCompression}
		if err := enc.Encode(&buf, raster(shapes, px)); err != nil {
			return err
		}
		files[fmt.Sprintf("logo-%dx%d.png", px, px)] = buf.Bytes()
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// svg writes shapes as an SVG document.
func svg(shapes []shape) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">`+"\n", side, side, side, side)
	b.WriteString("<title>Go (lockstep)</title>\n")
	for _, s := range shapes {
		fmt.Fprintf(&b, `<path fill="#%02x%02x%02x" d="`, s.fill.R, s.fill.G, s.fill.B)
		for _, seg := range s.outline {
			b.WriteByte(byte(seg.verb))
			for i, v := range seg.at {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(strconv.FormatFloat(v, 'f', -1, 32))
			}
		}
		b.WriteString("\"/>\n")
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// raster draws shapes into a square picture px pixels wide, on nothing.
func raster(shapes []shape, px int) *image.NRGBA {
	canvas := image.NewRGBA(image.Rect(0, 0, px, px))
	scale := float64(px) / side
	for _, s := range shapes {
		r := vector.NewRasterizer(px, px)
		for _, seg := range s.outline {
			p := make([]float32, len(seg.at))
			for i, v := range seg.at {
				p[i] = float32(v * scale)
			}
			switch seg.verb {
			case moveTo:
				r.MoveTo(p[0], p[1])
			case lineTo:
				r.LineTo(p[0], p[1])
			case cubicTo:
				r.CubeTo(p[0], p[1], p[2], p[3], p[4], p[5])
			case closed:
				r.ClosePath()
			}
		}
		r.Draw(canvas, canvas.Bounds(), image.NewUniform(s.fill), image.Point{})
	}
	// PNG stores colour apart from opacity; converting here keeps the picture
	// that a test compares the same as the one in the file.
	out := image.NewNRGBA(canvas.Bounds())
	draw.Draw(out, out.Bounds(), canvas, image.Point{}, draw.Src)
	return out
}
