package render

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"lockstep/exec/measure"
)

// csvColumns is the header of [CSV]; times are in seconds, sizes in bytes.
var csvColumns = []string{
	"mode", "workers", "shape", "repetition", "seconds", "startup_seconds", "cpu_user_seconds", "cpu_system_seconds", "gc_seconds",
	"held_seconds", "waited_seconds", "blocked_seconds", "forced", "voluntary", "sent_bytes", "received_bytes", "peak_bytes", "failed", "warm", "ready_seconds",
}

// CSV writes one line for each run, in the order in which they ran; repetition
// 0 is a warm-up. Runs for a timeline alone are left out.
func CSV(w io.Writer, r measure.Result) error {
	c := csv.NewWriter(w)
	if err := c.Write(csvColumns); err != nil {
		return err
	}
	for _, run := range r.Runs {
		if run.Repetition == measure.TimelineOnly {
			continue
		}
		s := run.Sample
		err := c.Write([]string{
			run.Mode, strconv.Itoa(run.Workers), run.Shape, strconv.Itoa(run.Repetition),
			seconds(s.Elapsed), seconds(s.Startup), seconds(s.CPUUser), seconds(s.CPUSystem), seconds(s.GC),
			seconds(s.Held), seconds(s.Waited), seconds(s.Blocked), integer(s.Forced), integer(s.Voluntary),
			integer(s.SentBytes), integer(s.ReceivedBytes), integer(s.PeakBytes), strconv.Itoa(run.Failed()), strconv.Itoa(s.Warm), seconds(s.Ready),
		})
		if err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

func integer(n int64) string { return strconv.FormatInt(n, 10) }
