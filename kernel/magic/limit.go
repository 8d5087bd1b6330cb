package magic

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

func limits() Magic {
	return Magic{
		Name: "limit", Kind: Line, Group: groupSession,
		Summary:  "show or set how much memory the session may use",
		LineArgs: "[SIZE | PERCENT | none]",
		Text: "A cell that wants more is stopped, and the session and its variables stay. One that takes too much at once ends the session's process: it starts anew then, with the declarations, and the lost variables are named. " +
			"SIZE is as in 500MB or 4GiB, PERCENT is of the machine's memory. Each worker process has the same limit for itself. At first it is three quarters of the machine's memory. " +
			"Only Linux can keep a process from taking too much at once.",
		Examples: []string{"%limit", "%limit 4GB", "%limit 50%", "%limit none"},
		values:   func() []string { return []string{"none"} },
		setup:    func(*pflag.FlagSet) runner { return limit },
	}
}

func limit(ctx context.Context, in *invocation) lang.Result {
	if len(in.args) > 1 {
		return in.usage("takes one size, got %d words", len(in.args))
	}
	info, err := in.env.Memory(ctx)
	if err != nil {
		return in.fail(err)
	}
	if len(in.args) == 1 {
		n, err := limitSize(in.args[0], info)
		if err != nil {
			return in.usage("%v", err)
		}
		if err := in.env.LimitMemory(ctx, n); err != nil {
			return in.fail(err)
		}
		info.Limit = n
	}
	in.print("%s\n", limitText(info))
	return lang.Result{}
}

// leastRoom is what a session needs beside what it uses, so that it can say at all that there is no more.
const leastRoom = 64 << 20

// limitSize reads a size; 0 is none.
func limitSize(text string, info MemoryInfo) (int64, error) {
	if text == "none" {
		return 0, nil
	}
	var size uint64
	var err error
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		var p float64
		if p, err = strconv.ParseFloat(percent, 64); err == nil && (p <= 0 || p > 100 || info.Machine == 0) {
			err = strconv.ErrRange
		}
		size = uint64(p / 100 * float64(info.Machine))
	} else {
		size, err = humanize.ParseBytes(text)
	}
	if err != nil || size == 0 || size > 1<<62 {
		return 0, fmt.Errorf("want a size as 500MB or 4GiB, a part of the machine's memory as 50%%, or none, got %q", text)
	}
	if int64(size) < info.Used+leastRoom {
		return 0, fmt.Errorf("the session uses %s already: %s would leave it no room (%%reset or %%recycle frees memory)", humanize.Bytes(uint64(info.Used)), humanize.Bytes(size))
	}
	return int64(size), nil
}

func limitText(info MemoryInfo) string {
	text := "memory: no limit"
	if info.Limit > 0 {
		text = "memory: at most " + humanize.Bytes(uint64(info.Limit)) + " for the session, and as much for each worker process"
	}
	if info.Used > 0 {
		text += "; the session uses " + humanize.Bytes(uint64(info.Used))
	}
	if info.Machine > 0 {
		text += "; the machine has " + humanize.Bytes(uint64(info.Machine))
	}
	return text
}
