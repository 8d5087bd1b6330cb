package install

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestJupyterDataDir(t *testing.T) {
	tests := []struct {
		name string
		goos string
		env  map[string]string
		want string
	}{
		{"linux", "linux", nil, "/home/ann/.local/share/jupyter"},
		{"linux, XDG", "linux", map[string]string{"XDG_DATA_HOME": "/data"}, "/data/jupyter"},
		{"freebsd", "freebsd", nil, "/home/ann/.local/share/jupyter"},
		{"mac", "darwin", nil, "/home/ann/Library/Jupyter"},
		{"mac ignores XDG", "darwin", map[string]string{"XDG_DATA_HOME": "/data"}, "/home/ann/Library/Jupyter"},
		{"mac, platform folders", "darwin", map[string]string{"JUPYTER_PLATFORM_DIRS": "1"}, "/home/ann/Library/Application Support/jupyter"},
		{"windows", "windows", map[string]string{"APPDATA": "/roaming"}, "/roaming/jupyter"},
		{"windows without APPDATA", "windows", nil, "/home/ann/.jupyter/data"},
		{"windows, platform folders", "windows", map[string]string{"APPDATA": "/roaming", "LOCALAPPDATA": "/local", "JUPYTER_PLATFORM_DIRS": "true"}, "/local/jupyter"},
		{"told", "linux", map[string]string{"JUPYTER_DATA_DIR": "/told", "XDG_DATA_HOME": "/data"}, "/told"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := machine{goos: tt.goos, home: "/home/ann", env: tt.env}
			got, err := m.system().JupyterDataDir()
			if err != nil || filepath.ToSlash(got) != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
	t.Run("no home", func(t *testing.T) {
		got, err := machine{goos: "linux"}.system().JupyterDataDir()
		if err == nil {
			t.Errorf("got %s, want an error", got)
		}
	})
}

func TestJupyterPath(t *testing.T) {
	const user, env = "/home/ann/.local/share/jupyter", "/home/ann/python/share/jupyter"
	system := []string{"/usr/local/share/jupyter", "/usr/share/jupyter"}
	tests := []struct {
		name    string
		env     map[string]string
		without string // command that is not there
		want    []string
	}{
		{name: "plain", want: append([]string{user, env}, system...)},
		{name: "JUPYTER_PATH comes first", env: map[string]string{"JUPYTER_PATH": "/a:/b/"}, want: append([]string{"/a", "/b", user, env}, system...)},
		{name: "environment preferred", env: map[string]string{"JUPYTER_PREFER_ENV_PATH": "1"}, want: append([]string{env, user}, system...)},
		{name: "in a venv", env: map[string]string{"VIRTUAL_ENV": "/venv"}, want: append([]string{"/venv/share/jupyter", user}, system...)},
		{name: "in a venv, user preferred", env: map[string]string{"VIRTUAL_ENV": "/venv", "JUPYTER_PREFER_ENV_PATH": "0"}, want: append([]string{user, "/venv/share/jupyter"}, system...)},
		{name: "conda", env: map[string]string{"CONDA_PREFIX": "/conda/envs/go", "CONDA_DEFAULT_ENV": "go"}, want: append([]string{"/conda/envs/go/share/jupyter", user}, system...)},
		{name: "conda's root", env: map[string]string{"CONDA_PREFIX": "/conda", "CONDA_DEFAULT_ENV": "base"}, want: append([]string{user, "/conda/share/jupyter"}, system...)},
		{name: "no Python", without: "python3", want: append([]string{user}, system...)},
		{name: "each once", env: map[string]string{"JUPYTER_PATH": user}, want: append([]string{user, env}, system...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := ubuntu("/home/ann")
			if tt.env != nil {
				m.env = tt.env
			}
			m.path = slices.DeleteFunc(m.path, func(c string) bool { return c == tt.without })
			if got := m.system().JupyterPath(t.Context()); !slices.Equal(got, tt.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), strings.Join(tt.want, " "))
			}
		})
	}
}

func TestPythonPrefix(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*machine)
		want    string
		wantErr string
	}{
		{name: "asked", want: "/home/ann/python"},
		{name: "active venv", change: func(m *machine) { m.env["VIRTUAL_ENV"] = "/venv" }, want: "/venv"},
		{name: "python is Python 3", change: func(m *machine) {
			m.path = []string{"python"}
			m.answers = map[string]string{"/usr/bin/python version": "3\n", "/usr/bin/python prefix": "/opt/py\n"}
		}, want: "/opt/py"},
		{name: "python is Python 2", change: func(m *machine) {
			m.path = []string{"python"}
			m.answers = map[string]string{"/usr/bin/python version": "2\n", "/usr/bin/python prefix": "/opt/py\n"}
		}, wantErr: "--prefix"},
		{name: "none", change: func(m *machine) { m.path = nil }, wantErr: "--prefix"},
		{name: "broken", change: func(m *machine) { m.answers["/usr/bin/python3 prefix"] = "!no module named encodings" }, wantErr: "encodings"},
		{name: "nonsense", change: func(m *machine) { m.answers["/usr/bin/python3 prefix"] = "hello\n" }, wantErr: `"hello"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := ubuntu("/home/ann")
			if tt.change != nil {
				tt.change(&m)
			}
			got, err := m.system().pythonPrefix(t.Context())
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("got %s, %v, want an error with %s", got, err, tt.wantErr)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}
