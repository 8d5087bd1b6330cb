package lab

import (
	"bytes"
	"errors"
	"os"
	"strconv"
)

// startOf tells when a process started, in ticks since the machine did. The
// error says that there is no such process, or only its remains.
func startOf(pid uint32) (uint64, error) {
	stat, err := os.ReadFile("/proc/" + strconv.FormatUint(uint64(pid), 10) + "/stat")
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold anything.
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(f) < 20 {
		return 0, errors.New("not as expected: " + string(stat))
	}
	if f[0][0] == 'Z' || f[0][0] == 'X' {
		return 0, os.ErrProcessDone
	}
	return strconv.ParseUint(string(f[19]), 10, 64)
}
