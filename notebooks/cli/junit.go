package cli

import (
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"lockstep/notebooks/run"
)

// The parts of a JUnit report that CI systems read. A notebook is a suite, and a
// cell a case.
type (
	junitReport struct {
		XMLName xml.Name `xml:"testsuites"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"` // seconds
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure,omitempty"`
		Error   *junitProblem `xml:"error,omitempty"` // not of a cell
		Skipped *struct{}     `xml:"skipped,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a report of the outcomes.
func writeJUnit(path string, outcomes []outcome) error {
	var report junitReport
	var elapsed time.Duration
	for _, oc := range outcomes {
		suite := junitOf(oc)
		report.Suites = append(report.Suites, suite)
		report.Tests += suite.Tests
		report.Failures += suite.Failures
		report.Errors += suite.Errors
		report.Skipped += suite.Skipped
		elapsed += oc.elapsed
	}
	report.Time = junitTime(elapsed)
	data, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(xml.Header), append(data, '\n')...), 0o666)
}

func junitOf(oc outcome) junitSuite {
	s := junitSuite{Name: oc.path}
	s.Time = junitTime(oc.elapsed)
	mismatch, differs := errors.AsType[*run.MismatchError](oc.err)
	for _, c := range oc.result.Cells {
		line, _, _ := strings.Cut(strings.TrimSpace(oc.notebook.Cells[c.Place-1].Source), "\n")
		jc := junitCase{Class: oc.name, Name: fmt.Sprintf("cell %d: %s", c.Place, text.Snip(line, widestProblem, "…")), Time: junitTime(c.Elapsed)}
		switch c.State {
		case run.NotRun:
			jc.Skipped = &struct{}{}
			s.Skipped++
		case run.Failed:
			if c.Err == nil {
				break // an error of the connection, which is below
			}
			jc.Failure = &junitProblem{
				Message: text.StripEscape(c.Err.Problem()),
				Type:    c.Err.Name,
				Text:    text.StripEscape(strings.Join(c.Err.Traceback, "\n")),
			}
			s.Failures++
		}
		if differs {
			for _, m := range mismatch.Cells {
				if m.Place == c.Place {
					jc.Failure = &junitProblem{Message: "it shows something else than what is stored", Type: "mismatch", Text: m.Diff}
					s.Failures++
				}
			}
		}
		s.Cases = append(s.Cases, jc)
	}
	if oc.err != nil && oc.failure() == nil && !differs {
		s.Cases = append(s.Cases, junitCase{Class: oc.name, Name: "notebook", Time: junitTime(0),
			Error: &junitProblem{Message: oc.problem(), Type: "error", Text: oc.err.Error()}})
		s.Errors++
	}
	s.Tests = len(s.Cases)
	return s
}

func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
