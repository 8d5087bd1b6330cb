package magic

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

func histories() []Magic {
	return []Magic{{
		Name: "history", Aliases: []string{"hist"}, Kind: Line, Group: groupSession,
		Summary:  "print inputs of this session and of earlier ones",
		LineArgs: "[RANGE]…",
		Text:     "A RANGE is a number of an input or two with a dash, of this session: `4`, `2-5`, `7-`.",
		Examples: []string{
			"%history -n",
			"%history 2-5",
			"%history -g 'http.Get*'",
		},
		setup: func(flags *pflag.FlagSet) runner {
			var h history
			flags.BoolVarP(&h.numbers, "numbers", "n", false, "print the inputs' numbers")
			flags.VarP(count{&h.limit}, "last", "l", "print the last inputs of all sessions, at most this many")
			flags.StringVarP(&h.pattern, "grep", "g", "", "print the inputs of all sessions that contain `pattern`, where * stands for any text and ? for one character")
			return h.run
		},
	}}
}

// history is one use of %history.
type history struct {
	numbers bool
	limit   int
	pattern string
}

func (h *history) run(ctx context.Context, in *invocation) lang.Result {
	ranges := make([]lines, len(in.args))
	for i, arg := range in.args {
		var err error
		if ranges[i], err = parseLines(arg); err != nil {
			return in.usage("%s", err)
		}
	}
	if len(ranges) > 0 && (h.limit > 0 || h.pattern != "") {
		return in.usage("a range is of this session, -l and -g are of all: use one or the other")
	}
	stored := in.env.History()
	if stored == nil {
		return in.failAs(magicError, "no history is kept in this session")
	}
	all := h.limit > 0 || h.pattern != ""
	entries, err := h.entries(stored)
	if err != nil {
		return in.fail(err)
	}
	if !all && len(ranges) > 0 {
		var wanted []lang.HistoryEntry
		for _, r := range ranges {
			for _, e := range entries {
				if r.first <= e.Line && e.Line <= r.last {
					wanted = append(wanted, e)
				}
			}
		}
		entries = wanted
	}
	for _, e := range entries {
		number := ""
		if h.numbers {
			number = fmt.Sprintf("%4d: ", e.Line)
			if all {
				number = fmt.Sprintf("%4d/%d: ", e.Session, e.Line)
			}
		}
		in.print("%s%s\n", number, strings.TrimRight(e.Input, "\n"))
	}
	return lang.Result{}
}

// entries asks for what the flags want, oldest first.
func (h *history) entries(stored lang.History) ([]lang.HistoryEntry, error) {
	if h.pattern == "" {
		if h.limit > 0 {
			return stored.Tail(h.limit)
		}
		return stored.Session(0)
	}
	all, err := stored.Tail(math.MaxInt32)
	if err != nil {
		return nil, err
	}
	pattern := glob(h.pattern)
	var found []lang.HistoryEntry
	for _, e := range all {
		if pattern.MatchString(e.Input) {
			found = append(found, e)
		}
	}
	if h.limit > 0 && len(found) > h.limit {
		found = found[len(found)-h.limit:]
	}
	return found, nil
}

// glob is a pattern of * and ? that matches anywhere, line ends included.
func glob(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	return regexp.MustCompile(`(?s)` + quoted)
}

// lines is a range of numbers, both ends included.
type lines struct{ first, last int }

// parseLines reads "4", "2-5", "7-" or "-3".
func parseLines(s string) (lines, error) {
	first, last, dash := strings.Cut(s, "-")
	if !dash {
		last = first
	}
	r := lines{1, math.MaxInt}
	var err1, err2 error
	if first != "" {
		r.first, err1 = strconv.Atoi(first)
	}
	if last != "" {
		r.last, err2 = strconv.Atoi(last)
	}
	if cmp.Or(err1, err2) != nil || first+last == "" || r.first < 1 || r.last < r.first {
		return lines{}, fmt.Errorf("%q is no range: write 4, 2-5 or 7-", s)
	}
	return r, nil
}
