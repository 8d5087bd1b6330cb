//go:build unix

package cluster_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"lockstep/exec/procs"
)

var programs = map[string]func(worker int, values, arguments []byte) ([]byte, error){
	"echo": func(_ int, _, arguments []byte) ([]byte, error) { return arguments, nil },
	"sum": func(_ int, values, _ []byte) ([]byte, error) {
		return []byte(strconv.Itoa(bytes.Count(values, []byte{1}))), nil
	},
	"print": func(_ int, _, arguments []byte) ([]byte, error) {
		procs.Written("stdout", append(arguments, '\n'))
		return nil, nil
	},
	"panic": func(_ int, _, arguments []byte) ([]byte, error) { panic("on purpose: " + string(arguments)) },
	"large": func(int, []byte, []byte) ([]byte, error) { return bytes.Repeat([]byte{7}, large), nil },
	// The argument names a file. Who finds none makes it, tells in another who it is, and waits to be killed;
	// who finds one returns.
	"once": func(_ int, _, arguments []byte) ([]byte, error) {
		name := string(arguments)
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if os.IsExist(err) {
			return []byte("second"), nil
		}
		err = errors.Join(err, f.Close(), os.WriteFile(name+".new", fmt.Appendf(nil, "%d %d", os.Getpid(), os.Getppid()), 0o600), os.Rename(name+".new", name+".who"))
		for err == nil {
			if _, stop := os.Stat(name + ".go"); stop == nil {
				return []byte("first"), nil
			}
			time.Sleep(5 * time.Millisecond)
		}
		return nil, err
	},
	"poison": func(_ int, _, arguments []byte) ([]byte, error) {
		if string(arguments) == "3" {
			os.Exit(7)
		}
		return arguments, nil
	},
	// talk writes the name of the file in its argument, waits until that is there, and writes that it ends. If there is
	// another file with the ending .first, it removes that, tells its process in one with the ending .pid, and waits to be killed.
	"talk": func(_ int, _, arguments []byte) ([]byte, error) {
		name := string(arguments)
		first := os.Remove(name+".first") == nil
		if first {
			if err := os.WriteFile(name+".pid", number(os.Getpid()), 0o600); err != nil {
				return nil, err
			}
		}
		procs.Written("stdout", []byte("talking\n"))
		for {
			if _, err := os.Stat(name); err == nil && !first {
				procs.Written("stderr", []byte("the end\n"))
				return nil, nil
			}
			time.Sleep(5 * time.Millisecond)
		}
	},
	// burn takes 100 ms of CPU time and 64 MB of memory, and returns the CPU time that its process has taken in all. If the argument names a file that is not there, the process makes it and ends.
	"burn": func(_ int, _, arguments []byte) ([]byte, error) {
		big := bytes.Repeat([]byte{1}, 64<<20)
		for from := userTime(); userTime()-from < 100*time.Millisecond; {
			for i := range big[:1<<20] {
				big[i]++
			}
		}
		if name := string(arguments); name != "" {
			if f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
				_ = f.Close()
				os.Exit(7)
			}
		}
		return number(int(userTime())), nil
	},
	"nap": func(_ int, _, arguments []byte) ([]byte, error) {
		time.Sleep(20 * time.Millisecond)
		return arguments, nil
	},
}

func userTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano())
}
