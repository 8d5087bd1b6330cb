package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/process"
)

// System is what the package asks of the machine. The zero value asks the
// machine it runs on; a field that is set answers in its place. It is safe for
// concurrent use if the functions in it are.
type System struct {
	// GOOS is the operating system, in Go's words.
	GOOS string
	// Getenv is the value of an environment variable, "" if it is not set.
	Getenv func(name string) string
	// Home is the user's home folder.
	Home func() (string, error)
	// LookPath finds a command.
	LookPath func(name string) (string, error)
	// Output runs a command and gives its standard output; where it ends with an
	// error, that holds what the command said.
	Output func(ctx context.Context, name string, args ...string) (string, error)
	// Running lists the program files of the processes that can be seen.
	Running func(ctx context.Context) ([]string, error)
	// Memory is the memory of the machine and how much of it is free for use.
	Memory func() (totalBytes, availableBytes int64, err error)
	// Cores is the number of cores a process can use.
	Cores func() int
}

// orHost fills the fields that are not set with the machine's own answers.
func (s System) orHost() System {
	if s.GOOS == "" {
		s.GOOS = runtime.GOOS
	}
	if s.Getenv == nil {
		s.Getenv = os.Getenv
	}
	if s.Home == nil {
		s.Home = os.UserHomeDir
	}
	if s.LookPath == nil {
		s.LookPath = osexec.LookPath
	}
	if s.Output == nil {
		s.Output = output
	}
	if s.Running == nil {
		s.Running = running
	}
	if s.Memory == nil {
		s.Memory = memory
	}
	if s.Cores == nil {
		s.Cores = func() int { return runtime.GOMAXPROCS(0) }
	}
	return s
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := osexec.CommandContext(ctx, name, args...).Output()
	if exit, ok := errors.AsType[*osexec.ExitError](err); ok {
		if said := strings.TrimSpace(string(exit.Stderr)); said != "" {
			return string(out), fmt.Errorf("%w: %s", err, said)
		}
	}
	return string(out), err
}

func running(ctx context.Context) ([]string, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, p := range all {
		// Other users' processes and kernel threads do not tell.
		if file, err := p.ExeWithContext(ctx); err == nil {
			files = append(files, strings.TrimSuffix(file, " (deleted)"))
		}
	}
	return files, nil
}

func memory() (totalBytes, availableBytes int64, err error) {
	m, err := mem.VirtualMemory()
	if err != nil {
		return 0, 0, err
	}
	return int64(m.Total), int64(m.Available), nil
}

// python is the first Python 3 that can be run, "" if there is none.
func (s System) python(ctx context.Context) string {
	for _, name := range []string{"python3", "python"} {
		file, err := s.LookPath(name)
		if err != nil {
			continue
		}
		// A Windows without Python has a python3.exe that opens a shop, and "python"
		// may be Python 2: only an answer counts.
		out, err := s.Output(ctx, file, "-c", "import sys; print(sys.version_info[0])")
		if err == nil && strings.TrimSpace(out) == "3" {
			return file
		}
	}
	return ""
}
