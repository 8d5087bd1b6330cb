package live

import (
	"maps"
	"strings"

	"lockstep/exec/measure"
	"lockstep/exec/render"
	"lockstep/kernel/display"
)

// tabled makes a table of a bundle that is the result of a comparison: the session process,
// which it comes from, cannot draw. Others are returned as they are.
func tabled(b display.Bundle) display.Bundle {
	source, ok := b.Data[display.MIMEResult].(string)
	if !ok {
		return b
	}
	r, err := measure.Decode(strings.NewReader(source))
	if err != nil {
		return b
	}
	shown, err := render.Bundle(r, render.View{})
	if err != nil {
		return b
	}
	b.Data = maps.Clone(b.Data)
	maps.Copy(b.Data, shown)
	return b
}
