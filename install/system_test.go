package install

import (
	"context"
	"errors"
	"fmt"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A machine is a System made of tables.
type machine struct {
	goos    string
	home    string
	env     map[string]string
	path    []string          // commands that are found, as /usr/bin/NAME
	answers map[string]string // what a command line prints; a value "!text" is an error
	running []string
	cores   int
	memory  [2]int64 // total, available
}

// ubuntu is a machine with everything, whose user's folders are below home.
func ubuntu(home string) machine {
	return machine{
		goos: "linux",
		home: home,
		env:  map[string]string{},
		path: []string{"go", "gcc", "python3", "jupyter-lab"},
		answers: map[string]string{
			"/usr/bin/go env":               "go1.26.8\n1\ngcc\n",
			"/usr/bin/python3 version_info": "3.11.2\n",
			"/usr/bin/python3 version":      "3\n",
			"/usr/bin/python3 prefix":       filepath.Join(home, "python") + "\n",
			"/usr/bin/jupyter-lab":          "4.6.6\n",
		},
		cores:  4,
		memory: [2]int64{16 << 30, 8 << 30},
	}
}

func (m machine) system() System {
	return System{
		GOOS:   m.goos,
		Getenv: func(name string) string { return m.env[name] },
		Home: func() (string, error) {
			if m.home == "" {
				return "", errors.New("$HOME is not defined")
			}
			return m.home, nil
		},
		LookPath: func(name string) (string, error) {
			for _, have := range m.path {
				if have == name {
					return "/usr/bin/" + name, nil
				}
			}
			return "", &osexec.Error{Name: name, Err: osexec.ErrNotFound}
		},
		Output: func(_ context.Context, name string, args ...string) (string, error) {
			line := strings.Join(append([]string{name}, args...), " ")
			var key string
			switch {
			case strings.Contains(line, "sys.version_info[0]"):
				key = name + " version"
			case strings.Contains(line, "sys.version_info"):
				key = name + " version_info"
			case strings.Contains(line, "sys.prefix"):
				key = name + " prefix"
			case len(args) > 0 && args[0] == "env":
				key = name + " env"
			default:
				key = name
			}
			answer, ok := m.answers[key]
			if !ok {
				return "", fmt.Errorf("%s: exec format error", line)
			}
			if out, said, broken := strings.Cut(answer, "!"); broken {
				return out, errors.New(said)
			}
			return answer, nil
		},
		Running: func(context.Context) ([]string, error) { return m.running, nil },
		Memory:  func() (int64, int64, error) { return m.memory[0], m.memory[1], nil },
		Cores:   func() int { return m.cores },
	}
}

func TestHostAnswers(t *testing.T) {
	s := System{}.orHost()
	if _, err := s.Output(t.Context(), "go", "no-such-command"); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("error of a command that ends badly: got %v, want what it said", err)
	}
	if total, available, err := s.Memory(); err != nil || available <= 0 || total < available {
		t.Errorf("memory: got %d total, %d available, error %v", total, available, err)
	}
	if n := s.Cores(); n < 1 {
		t.Errorf("cores: got %d", n)
	}
}
