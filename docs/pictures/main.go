// Command pictures renews the pictures of the documentation: it executes pictures.ipynb in this folder and writes
// what its cells draw, as CELL-N.svg. Run it on a machine that does nothing else.
//
//	go run ./docs/pictures
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lockstep/bench/cells"
	"lockstep/notebooks/nb"
	"lockstep/notebooks/run"
)

// folder is where pictures go, seen from the repository's root.
const folder = "docs/pictures"

// colors makes a picture, which has the colour of the text around it, readable on
// a page of its own, by day and by night.
const colors = `<style>svg{color:#1f2328;background:#fff}@media(prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}</style>`

var picture = regexp.MustCompile(`(?s)<svg [^>]*>.*?</svg>`)

func main() {
	if err := draw(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "docs/pictures:", err)
		os.Exit(1)
	}
}

func draw(ctx context.Context) error {
	n, err := nb.Read(filepath.Join(folder, "pictures.ipynb"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lockstep-pictures-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "lockstep")
	if err := cells.Build(ctx, "lockstep", program); err != nil {
		return err
	}
	k, err := run.Start(ctx, run.KernelOptions{Command: []string{program, "kernel"}, Dir: dir})
	if err != nil {
		return err
	}
	_, err = k.Run(ctx, n, run.Options{})
	if stopped := k.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	for i := range n.Cells {
		if err := write(&n.Cells[i]); err != nil {
			return err
		}
	}
	return nil
}

// write writes the pictures of a cell.
func write(c *nb.Cell) error {
	number := 0
	for _, o := range c.Outputs {
		text, ok := o.Data.Text("image/svg+xml")
		if !ok {
			text, _ = o.Data.Text("text/html")
		}
		for _, svg := range picture.FindAllString(text, -1) {
			number++
			end := strings.Index(svg, ">") + 1
			file := filepath.Join(folder, fmt.Sprintf("%s-%d.svg", c.ID, number))
			if err := os.WriteFile(file, []byte(svg[:end]+colors+svg[end:]+"\n"), 0o666); err != nil {
				return err
			}
			fmt.Println(file)
		}
	}
	return nil
}
