package render

import (
	"fmt"
	"html"
	"io"
	"strings"

	"lockstep/exec/measure"
)

// Styles are inline, and colours are those of the surroundings wherever
// possible: notebooks strip style sheets from outputs, and the same output is
// shown in light and dark themes, in JupyterLab and on exported pages. Marks
// and lines are half transparent greys and hues that stand on white as well as
// on black.
const (
	styleRoot    = "color:var(--jp-content-font-color1,inherit);font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:14px;line-height:1.45;max-width:100%;overflow-x:auto"
	styleTitle   = "font-size:15px;font-weight:600;margin:0"
	styleAbout   = "opacity:.7;font-size:12px;margin:0 0 8px"
	styleTable   = "border-collapse:collapse;table-layout:auto;width:auto;margin:0 0 4px;font-size:13px;font-variant-numeric:tabular-nums;color:inherit"
	styleCaption = "caption-side:top;text-align:left;font-size:12px;opacity:.7;padding:2px 0;color:inherit;white-space:normal"
	styleRow     = "background:none;border:0"
	styleGroup   = "text-align:center;font-weight:400;font-size:12px;opacity:.7;padding:2px 10px 0;background:none;border:0;white-space:nowrap"
	styleHead    = "text-align:right;font-weight:600;padding:2px 10px 4px;background:none;border:0;white-space:nowrap;border-bottom:2px solid "
	styleCell    = "text-align:right;padding:5px 10px;border:0;border-bottom:1px solid rgba(128,128,128,.25);white-space:nowrap;vertical-align:middle;background:none"
	styleGap     = "border:0;background:none;padding:0;min-width:18px;width:18px"
	styleFaint   = "opacity:.65;font-size:11px"
	styleBlock   = "display:inline-block;vertical-align:top;margin:6px 28px 0 0"
	styleVerdict = "font-size:13px;margin:6px 0 2px;max-width:62em"
	styleSmall   = "font-size:12px;margin:6px 0 0"
	styleNotes   = "font-size:12px;margin:2px 0 0;padding-left:22px;max-width:62em"

	// barLength is that of the longest bar, in pixels; it fits any time.
	barLength = 80

	grey = "rgba(128,128,128,.45)"
	red  = "#d64545"
)

// hues are the colours of the modes in tables and charts. Neighbours differ in
// lightness as well, and no two are told apart by red and green alone.
var hues = map[string]string{
	"simple":     "#7d8794",
	"serialized": "#d98324",
	"async":      "#149a8d",
	"goroutines": "#2f7ed8",
	"subprocess": "#8a5cd0",
	"hybrid":     "#c4528f",
	"cluster":    "#7f9a2b",
}

func hue(mode string) string {
	_, own := measure.Part(mode)
	if h := hues[own]; h != "" {
		return h
	}
	return grey
}

// HTML writes a result as a fragment for notebooks and pages.
func HTML(w io.Writer, r measure.Result) error { return View{}.html(w, r) }

func (v View) html(w io.Writer, r measure.Result) error {
	rep := newReport(&r)
	h := &htmlWriter{}
	h.open("div", `class="lockstep-result" style="`+styleRoot+`"`)
	if rep.title != "" {
		h.element("p", styleTitle, rep.title)
	}
	h.element("p", styleAbout, rep.about)
	h.table(rep.times)
	if len(rep.legend) > 0 {
		h.element("p", styleAbout, strings.Join(rep.legend, " "))
	}
	h.verdict(rep.verdict)
	if len(rep.notes) > 0 {
		h.open("ol", `style="`+styleNotes+`" aria-label="Notes"`)
		for _, note := range rep.notes {
			h.element("li", "", note)
		}
		h.close("ol")
	}
	if !v.NoChart {
		h.b.WriteString(chart(&r, inNotebook))
	}
	if !v.NoTimelines {
		h.timelines(&r)
	}
	if len(rep.details)+len(rep.results) > 0 {
		h.open("details", `open style="margin-top:10px"`)
		h.element("summary", "cursor:pointer;font-size:12px;opacity:.8", "Details")
		for _, t := range rep.details {
			h.open("div", `style="`+styleBlock+`"`)
			h.table(t)
			h.close("div")
		}
		if len(rep.results) > 0 {
			h.element("p", styleSmall+";opacity:.7", "Results of the workers")
			h.open("ul", `style="`+styleNotes+`"`)
			for _, line := range rep.results {
				h.element("li", "", line)
			}
			h.close("ul")
		}
		h.close("details")
	}
	h.close("div")
	_, err := io.WriteString(w, h.b.String())
	return err
}

// verdict writes the verdict, its first words strong, and small what it rests on.
func (h *htmlWriter) verdict(lines []string) {
	for i, line := range lines {
		if i > 0 {
			h.element("p", styleAbout+";max-width:70em", line)
			continue
		}
		bound, rest, _ := strings.Cut(line, ".")
		fmt.Fprintf(&h.b, `<p style="%s"><strong>%s.</strong>%s</p>`+"\n", styleVerdict, html.EscapeString(bound), html.EscapeString(rest))
	}
}

// htmlWriter builds HTML.
type htmlWriter struct{ b strings.Builder }

func (h *htmlWriter) open(tag, attributes string) {
	fmt.Fprintf(&h.b, "<%s %s>\n", tag, attributes)
}

func (h *htmlWriter) close(tag string) { fmt.Fprintf(&h.b, "</%s>\n", tag) }

func (h *htmlWriter) element(tag, style, text string) {
	if style != "" {
		style = ` style="` + style + `"`
	}
	fmt.Fprintf(&h.b, "<%s%s>%s</%s>\n", tag, style, html.EscapeString(text), tag)
}

// timelines shows those runs that have one.
func (h *htmlWriter) timelines(r *measure.Result) {
	thinned := 1
	var alone []measure.Run
	for _, run := range r.Runs {
		if run.Repetition == measure.TimelineOnly {
			alone = append(alone, run)
		}
		h.b.WriteString(timeline(run, inNotebook))
		if run.Timeline != nil {
			thinned = max(thinned, run.Timeline.Stride)
		}
	}
	if thinned > 1 {
		h.element("p", styleAbout, fmt.Sprintf("So much happened that a timeline keeps only one event of %d.", thinned))
	}
	if len(alone) > 0 {
		h.element("p", styleAbout+";max-width:62em", priceOfTracing(r, alone))
	}
}

// priceOfTracing tells what it cost to record runs that were made for their timelines alone.
func priceOfTracing(r *measure.Result, runs []measure.Run) string {
	var parts []string
	traced := true
	for _, run := range runs {
		traced = traced && run.Timeline != nil && run.Timeline.Traced
		if s, ok := r.At(run.Mode, measure.Row{Workers: run.Workers, Shape: run.Shape}); ok && s.Runs > 0 {
			parts = append(parts, fmt.Sprintf("with %s %s, where the median is %s", plural(run.Workers, "worker"), Duration(run.Sample.Elapsed), Duration(s.Median)))
		}
	}
	text := "Recording goroutines by Go's execution tracer is not free: it was done in runs of their own, which the figures leave out. They took " + strings.Join(parts, "; ") + "."
	if !traced {
		text += " Where more happened than the tracer could keep, a lane shows only what the program's calls tell: running includes being ready without a core."
	}
	return text
}

func (h *htmlWriter) table(t grid) {
	h.open("table", `style="`+styleTable+`"`)
	h.element("caption", styleCaption, t.caption)
	h.b.WriteString("<thead>\n")
	if groups := t.groups(); groups != nil {
		h.open("tr", `style="`+styleRow+`"`)
		at := 0
		for _, g := range groups {
			h.gap(t, at)
			at += g.columns
			if g.title == "" {
				fmt.Fprintf(&h.b, `<td colspan="%d" style="%s"></td>`+"\n", g.columns, styleGroup)
				continue
			}
			fmt.Fprintf(&h.b, `<th scope="colgroup" colspan="%d" style="%s">%s</th>`+"\n", g.columns, styleGroup, html.EscapeString(g.title))
		}
		h.close("tr")
	}
	h.open("tr", `style="`+styleRow+`"`)
	for i, c := range t.columns {
		line := grey
		if c.mode != "" {
			line = hue(c.mode)
		}
		hint := ""
		if c.hint != "" {
			hint = fmt.Sprintf(` title="%s"`, html.EscapeString(c.hint))
		}
		h.gap(t, i)
		fmt.Fprintf(&h.b, `<th scope="col" style="%s%s"%s>%s</th>`+"\n", styleHead, line, hint, html.EscapeString(c.title))
	}
	h.close("tr")
	h.b.WriteString("</thead>\n<tbody>\n")
	for _, row := range t.rows {
		h.open("tr", `style="`+styleRow+`"`)
		for i, c := range row {
			h.cell(t, i, c)
		}
		h.close("tr")
	}
	h.b.WriteString("</tbody>\n")
	h.close("table")
}

// gap sets a group of columns apart from the one before it.
func (h *htmlWriter) gap(t grid, i int) {
	if i > 1 && t.columns[i].group != t.columns[i-1].group {
		fmt.Fprintf(&h.b, `<td aria-hidden="true" style="%s"></td>`+"\n", styleGap)
	}
}

func (h *htmlWriter) cell(t grid, i int, c cell) {
	h.gap(t, i)
	tag, scope, style := "td", "", styleCell
	if i == 0 {
		tag, scope, style = "th", ` scope="row"`, style+";font-weight:600"
	}
	switch c.tone {
	case strong:
		style += ";font-weight:600"
	case failed:
		style += ";color:" + red
	}
	if c.bar > 0 {
		// A bar under the figure: the eye compares lengths faster than digits.
		// Its length is in pixels, as the columns differ in width.
		h := hue(t.columns[i].mode)
		style += fmt.Sprintf(";min-width:%dpx;background:linear-gradient(%s,%s) left 10px bottom 1px/%.0fpx 3px no-repeat", barLength, h, h, max(1, barLength*c.bar))
	}
	text := html.EscapeString(c.text)
	if c.tone == tonedDown {
		text = `<span style="opacity:.6">` + text + `</span>`
	}
	if c.faint != "" {
		text += fmt.Sprintf(` <span style="%s">%s</span>`, styleFaint, html.EscapeString(c.faint))
	}
	if len(c.notes) > 0 {
		text += fmt.Sprintf(`<sup style="line-height:0">%s</sup>`, list(c.notes))
	}
	fmt.Fprintf(&h.b, `<%s%s style="%s">%s</%s>`+"\n", tag, scope, style, text, tag)
}
