package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"

	"lockstep/notebooks/run"
)

// bars shows a bar for each notebook that is being executed.
type bars struct {
	writer   progress.Writer
	rendered chan struct{} // closed when the last state is on the screen
	colours  bool
}

const (
	barWidth    = 24
	widestName  = 40
	barInterval = 100 * time.Millisecond
)

// newBars shows bars until close. A width of 0 is not known.
func newBars(w io.Writer, files []file, width int) *bars {
	name := 0
	for _, f := range files {
		name = max(name, text.StringWidth(f.path))
	}
	b := &bars{writer: progress.NewWriter(), rendered: make(chan struct{}), colours: os.Getenv("NO_COLOR") == ""}
	b.writer.SetOutputWriter(w)
	b.writer.SetTerminalWidth(width)
	b.writer.SetMessageLength(min(name, widestName))
	b.writer.SetTrackerLength(barWidth)
	b.writer.SetTrackerPosition(progress.PositionRight)
	b.writer.SetUpdateFrequency(barInterval)
	style := progress.StyleBlocks
	style.Options.Separator = "  "
	style.Options.DoneString = "done  "
	style.Options.ErrorString = "failed"
	style.Options.TimeInProgressPrecision = 100 * time.Millisecond
	style.Options.TimeDonePrecision = 10 * time.Millisecond
	style.Visibility.Percentage = false
	b.writer.SetStyle(style)
	go func() {
		defer close(b.rendered)
		b.writer.Render()
	}()
	return b
}

func (b *bars) note(line string) { b.writer.Log("%s", line) }

// close returns when everything is on the screen. Stop does nothing before
// Render has begun, which nothing tells.
func (b *bars) close() {
	again := time.NewTicker(barInterval)
	defer again.Stop()
	for {
		b.writer.Stop()
		select {
		case <-b.rendered:
			return
		case <-again.C:
		}
	}
}

func (b *bars) begin(f file, cells int) task {
	tracker := &progress.Tracker{
		Message: f.path,
		Total:   int64(cells),
		Units: progress.Units{Formatter: func(done int64) string {
			return fmt.Sprintf("%d of %s", done, count(cells, "cell"))
		}},
		AutoStopDisabled: true, // the last cell may have failed
	}
	b.writer.AppendTracker(tracker)
	return &barTask{b, f, tracker}
}

type barTask struct {
	*bars
	file    file
	tracker *progress.Tracker
}

func (t *barTask) cell(p run.Progress) { t.tracker.SetValue(int64(p.Done)) }

func (t *barTask) note(line string) { t.bars.note(t.file.path + ": " + line) }

func (t *barTask) end(oc outcome) {
	if oc.err == nil {
		t.tracker.MarkAsDone()
		return
	}
	t.tracker.MarkAsErrored()
	line := report(oc)
	if !t.colours {
		line = text.StripEscape(line)
	}
	t.bars.note(line)
}
