package jupyter

import (
	"context"
	"errors"
	"fmt"
	osexec "os/exec"
	"strconv"
	"strings"
)

// oldestMinor is the oldest Python 3 that the pinned JupyterLab runs on.
const oldestMinor = 10

// newestMinor is where the search for a command with a version in its name begins.
const newestMinor = 15

// ErrNoPython is the error where no Python can be found that is new enough.
var ErrNoPython = errors.New("no Python to run JupyterLab with")

// python is an interpreter and its version, such as "3.11".
type python struct {
	file, version string
}

// findPython looks for an interpreter that is new enough: first what the user calls
// Python, then commands with a version in their names.
func (o Options) findPython(ctx context.Context) (python, error) {
	names := []string{"python3", "python"}
	for minor := newestMinor; minor >= oldestMinor; minor-- {
		names = append(names, fmt.Sprintf("python3.%d", minor))
	}
	var tooOld []string
	for _, name := range names {
		file, err := o.LookPath(name)
		if err != nil {
			continue
		}
		cmd := osexec.CommandContext(ctx, file, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
		cmd.Env = o.Env
		out, err := cmd.Output()
		if ctx.Err() != nil {
			return python{}, ctx.Err()
		}
		if err != nil {
			continue // such as the python3.exe of a Windows without Python
		}
		version := strings.TrimSpace(string(out))
		major, rest, _ := strings.Cut(version, ".")
		if minor, err := strconv.Atoi(rest); err == nil && major == "3" && minor >= oldestMinor {
			return python{file, version}, nil
		}
		tooOld = append(tooOld, fmt.Sprintf("%s is Python %s", file, version))
	}
	found := "there is no python3 on PATH"
	if len(tooOld) > 0 {
		found = strings.Join(tooOld, ", ")
	}
	return python{}, fmt.Errorf("%w: want Python 3.%d or newer, but %s; install one, or put a jupyter-lab on PATH (`lockstep run` needs neither)",
		ErrNoPython, oldestMinor, found)
}
