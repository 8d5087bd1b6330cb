package install

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// found is the finding of that name, which must be there once.
func found(t *testing.T, all []Finding, name string) Finding {
	t.Helper()
	var hits []Finding
	for _, f := range all {
		if f.Name == name {
			hits = append(hits, f)
		}
	}
	if len(hits) != 1 {
		t.Fatalf("findings called %q: got %d, want one; all: %+v", name, len(hits), all)
	}
	return hits[0]
}

func TestDoctorWholeMachine(t *testing.T) {
	m := ubuntu(t.TempDir())
	r := install(t, m, "v1", nil)
	m.answers[r.Binary] = "lockstep v1\n"
	all := Doctor(t.Context(), m.system())
	for name, detail := range map[string]string{
		"Go toolchain":        "go1.26.8, /usr/bin/go",
		"C compiler":          "cgo with /usr/bin/gcc",
		"Python":              "3.11.2, /usr/bin/python3",
		"JupyterLab":          "4.6.6, /usr/bin/jupyter-lab",
		"kernelspec lockstep": r.Dir + " (lockstep v1)",
		"data folder":         filepath.Join(m.home, ".local/share/lockstep"),
		"cache folder":        filepath.Join(m.home, ".cache/lockstep"),
		"temporary folder":    os.TempDir(),
		"cores":               "4",
		"memory":              "16.0 GiB, 8.0 GiB of them available",
	} {
		if f := found(t, all, name); f.State != OK || f.Detail != detail || f.Advice != "" {
			t.Errorf("%s: got %+v, want ok, %q and no advice", name, f, detail)
		}
	}
	if len(all) != 10 || Problems(all) != 0 {
		t.Errorf("got %d findings, %d problems, want 10 and none: %+v", len(all), Problems(all), all)
	}
	if _, err := os.Stat(filepath.Join(m.home, ".cache")); err == nil {
		t.Error("looking made the cache folder")
	}
}

func TestDoctorFindings(t *testing.T) {
	without := func(command string) func(*testing.T, *machine) {
		return func(_ *testing.T, m *machine) {
			m.path = slices.DeleteFunc(m.path, func(c string) bool { return c == command })
		}
	}
	answer := func(command, text string) func(*testing.T, *machine) {
		return func(_ *testing.T, m *machine) { m.answers[command] = text }
	}
	kernelJSON := func(name, text string) func(*testing.T, *machine) {
		return func(t *testing.T, m *machine) {
			writeFile(t, filepath.Join(m.home, ".local/share/jupyter/kernels", name, "kernel.json"), text)
		}
	}
	tests := []struct {
		name   string
		change func(*testing.T, *machine)
		thing  string
		state  State
		detail string
		advice string
	}{
		{"no go", without("go"), "Go toolchain", Missing, "no go", "go.dev"},
		{"old go", answer("/usr/bin/go env", "go1.20.1\n1\ngcc\n"), "Go toolchain", Missing, "go1.20.1", "older than go1.26"},
		{"go from a development branch", answer("/usr/bin/go env", "devel go1.27-abc\n1\ngcc\n"), "Go toolchain", OK, "devel", ""},
		{"broken go", answer("/usr/bin/go env", "!cannot find GOROOT"), "Go toolchain", Problem, "GOROOT", "go env"},
		{"no gcc", without("gcc"), "C compiler", Missing, "no gcc", "C compiler"},
		{"no cgo", answer("/usr/bin/go env", "go1.26.8\n0\ngcc\n"), "C compiler", Missing, "CGO_ENABLED=0", "unset"},
		{"no python", without("python3"), "Python", Missing, "no python3", "lockstep lab"},
		{"old python", answer("/usr/bin/python3 version_info", "3.8.1\n"), "Python", Missing, "3.8.1", "3.10"},
		{"no venv", answer("/usr/bin/python3 version_info", "3.11.2\n!no module named ensurepip"), "Python", Missing, "without venv", "python3-venv"},
		{"no jupyter-lab", without("jupyter-lab"), "JupyterLab", Missing, "no jupyter-lab", "private one"},
		{"broken jupyter-lab", answer("/usr/bin/jupyter-lab", "!no module named jupyterlab"), "JupyterLab", Problem, "no module", "private one"},
		{"no kernelspec", func(*testing.T, *machine) {}, "kernelspec", Missing, "not installed", "lockstep install"},
		{"program gone", func(t *testing.T, m *machine) {
			if err := os.Remove(install(t, *m, "v1", nil).Binary); err != nil {
				t.Fatal(err)
			}
		}, "kernelspec lockstep", Problem, "not there", "lockstep install"},
		{"program does not answer", func(t *testing.T, m *machine) { install(t, *m, "v1", nil) },
			"kernelspec lockstep", Problem, "exec format error", "lockstep install"},
		{"kernel.json broken", kernelJSON("lockstep", "{"), "kernelspec lockstep", Problem, "not a valid kernel.json", "remove"},
		{"name taken by another kernel", kernelJSON("lockstep", `{"argv": ["x"], "display_name": "X"}`), "kernelspec lockstep", Problem, "another kernel", "remove"},
		{"another kernel is no concern", kernelJSON("python3", `{"argv": ["python3"], "display_name": "Python 3"}`), "kernelspec", Missing, "not installed", ""},
		{"home is a file", func(t *testing.T, m *machine) {
			writeFile(t, filepath.Join(m.home, ".cache"), "")
		}, "cache folder", Problem, "not a", "XDG_CACHE_HOME"},
		{"no home", func(_ *testing.T, m *machine) { m.home = "" }, "data folder", Problem, "$HOME", "XDG_DATA_HOME"},
		{"one core", func(_ *testing.T, m *machine) { m.cores = 1 }, "cores", Missing, "1", "two or more"},
		{"little memory", func(_ *testing.T, m *machine) { m.memory[1] = 100 << 20 }, "memory", Missing, "0.1 GiB", "1 GiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := ubuntu(t.TempDir())
			tt.change(t, &m)
			all := Doctor(t.Context(), m.system())
			f := found(t, all, tt.thing)
			if f.State != tt.state || !strings.Contains(f.Detail, tt.detail) || !strings.Contains(f.Advice, tt.advice) {
				t.Errorf("got %+v, want %s with %q and the advice %q", f, tt.state, tt.detail, tt.advice)
			}
			if (f.State == OK) != (f.Advice == "") {
				t.Errorf("advice of a finding that is %s: %q", f.State, f.Advice)
			}
			want := 0
			if tt.state == Problem {
				want = 1
			}
			if tt.name == "no home" {
				want = 2 // the cache folder is unknown too
			}
			if got := Problems(all); got != want {
				t.Errorf("problems: got %d, want %d: %+v", got, want, all)
			}
		})
	}
}

// A busy machine is no problem of JupyterLab's.
func TestDoctorSlowCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sys := ubuntu(t.TempDir()).system()
		answer := sys.Output
		sys.Output = func(ctx context.Context, name string, args ...string) (string, error) {
			if name == "/usr/bin/jupyter-lab" {
				<-ctx.Done()
				return "", errors.New("signal: killed")
			}
			return answer(ctx, name, args...)
		}
		f := found(t, Doctor(t.Context(), sys), "JupyterLab")
		if f.State != Missing || !strings.Contains(f.Detail, "no answer within 1m0s") {
			t.Errorf("got %+v, want it missing for want of an answer", f)
		}
	})
}

func TestDoctorHiddenSpec(t *testing.T) {
	m := ubuntu(t.TempDir())
	user := install(t, m, "v1", nil)
	prefix := install(t, m, "v1", func(o *Options) { o.SysPrefix = true })
	m.answers[user.Binary] = "lockstep v1\n"
	all := Doctor(t.Context(), m.system())
	var got []Finding
	for _, f := range all {
		if f.Name == "kernelspec lockstep" {
			got = append(got, f)
		}
	}
	if len(got) != 2 || got[0].State != OK || got[1].State != Problem ||
		!strings.Contains(got[1].Detail, prefix.Dir) || !strings.Contains(got[1].Detail, user.Dir) {
		t.Errorf("got %+v, want the user's one ok and the environment's hidden by it", got)
	}
}

func TestPrint(t *testing.T) {
	findings := []Finding{
		{"cores", OK, "4", ""},
		{"Python", Missing, "no python3 on PATH", "install it"},
		{"cache folder", Problem, "line one\nline two", "make it writable"},
	}
	var b bytes.Buffer
	if err := Print(&b, findings); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"ok       cores         4",
		"missing  Python        no python3 on PATH",
		"                       → install it",
		"problem  cache folder  line one",
		"                       line two",
		"                       → make it writable",
		"1 problem",
		"",
	}, "\n")
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	text, err := json.Marshal(findings[1])
	if err != nil || !strings.Contains(string(text), `"state":"missing"`) {
		t.Errorf("as JSON: got %s, %v", text, err)
	}
}
