package magic

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"time"

	"lockstep/exec"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

// Updates are rarer than this: more often nobody can read them, and each is a
// message to every client.
const progressEvery = 100 * time.Millisecond

// progressLine is one output of the cell that follows the runs while they are
// measured, and ends as a line of text: a bar that stays would look, in a saved
// notebook, like work that never ended. Its zero value with an output is ready; it
// shows nothing before the first update.
type progressLine struct {
	output lang.Output
	id     string
	shown  exec.Progress // the last one shown
	last   exec.Progress // the last one heard of
}

// update takes the state of the comparison; time is read from it, not from a
// clock.
func (l *progressLine) update(p exec.Progress) {
	l.last = p
	if l.id != "" && (p.Done >= p.Total || p.Elapsed-l.shown.Elapsed < progressEvery) {
		return // end follows at once, or the reader could not follow
	}
	l.shown = p
	text := p.String()
	l.show(display.Bundle{Data: map[string]any{
		display.MIMEText: text,
		display.MIMEHTML: fmt.Sprintf(`<progress value="%.3g"></progress> %s`, p.Share(), html.EscapeString(text)),
	}})
}

// end replaces the bar by what came of it: the number of runs that were
// measured, and the error with which that ended.
func (l *progressLine) end(runs int, err error) {
	if l.id == "" {
		return
	}
	elapsed := nanoseconds(float64(l.last.Elapsed)) // until the last run began
	text := fmt.Sprintf("%s in %s", plural(float64(runs), "run"), elapsed)
	if err != nil {
		why := "ended early"
		if e, ok := errors.AsType[*lang.Error](err); ok && e.Name == interrupted {
			why = interrupted
		} else if _, ok := errors.AsType[*exec.InterruptedError](err); ok {
			why = interrupted
		}
		of := " of " + plural(float64(l.last.Total), "run")
		if l.last.Budget > 0 {
			of = " runs"
		}
		text = fmt.Sprintf("%s after %d%s", why, runs, of)
		if runs > 0 {
			text += ", " + elapsed
		}
	}
	l.show(display.Bundle{Data: map[string]any{
		display.MIMEText: text,
		display.MIMEHTML: "<small>" + html.EscapeString(text) + "</small>",
	}})
}

func (l *progressLine) show(b display.Bundle) {
	action := display.Update
	if l.id == "" {
		l.id, action = "progress-"+rand.Text(), display.Show
	}
	l.output.Display(display.Message{Action: action, ID: l.id, Bundle: b})
}
