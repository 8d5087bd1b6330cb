package main

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// The files that install embeds must be what this program draws. Pictures are
// compared by their pixels: compression may differ from one Go release to the next.
func TestCommittedLogosAreFresh(t *testing.T) {
	const dir = "../kernelspec"
	const advice = "run `go generate ./install`"
	got, err := os.ReadFile(filepath.Join(dir, "logo-svg.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, svg(logo())) {
		t.Errorf("logo-svg.svg is stale: %s", advice)
	}
	for _, px := range []int{32, 64} {
		name := fmt.Sprintf("logo-%dx%d.png", px, px)
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		want := raster(logo(), px)
		if img.Bounds() != want.Bounds() {
			t.Fatalf("%s: got %v, want %v", name, img.Bounds(), want.Bounds())
		}
		for y := range px {
			for x := range px {
				// One step of 255 is left to the assembly of other processors.
				if r, g, b, a := img.At(x, y).RGBA(); !near(r, g, b, a, want.NRGBAAt(x, y)) {
					t.Fatalf("%s is stale at (%d, %d): %s", name, x, y, advice)
				}
			}
		}
	}
}

func near(r, g, b, a uint32, want interface{ RGBA() (r, g, b, a uint32) }) bool {
	wr, wg, wb, wa := want.RGBA()
	for _, d := range [][2]uint32{{r, wr}, {g, wg}, {b, wb}, {a, wa}} {
		if max(d[0], d[1])-min(d[0], d[1]) > 0x202 {
			return false
		}
	}
	return true
}
