package install

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// JupyterDataDir is the folder in which Jupyter keeps the user's data, kernels
// among them (jupyter_core, paths.py, jupyter_data_dir).
func (s System) JupyterDataDir() (string, error) {
	s = s.orHost()
	if dir := s.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	platform := truthy(s.Getenv("JUPYTER_PLATFORM_DIRS"))
	switch s.GOOS {
	case "darwin":
		if platform {
			return s.underHome("Library", "Application Support", "jupyter")
		}
		return s.underHome("Library", "Jupyter")
	case "windows":
		if dir := s.Getenv("LOCALAPPDATA"); platform && dir != "" {
			return filepath.Join(dir, "jupyter"), nil
		}
		if dir := s.Getenv("APPDATA"); dir != "" {
			return filepath.Join(dir, "jupyter"), nil
		}
		if dir := s.Getenv("JUPYTER_CONFIG_DIR"); dir != "" {
			return filepath.Join(dir, "data"), nil
		}
		return s.underHome(".jupyter", "data")
	}
	if dir := s.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return s.underHome(".local", "share", "jupyter")
}

// dataDir is the folder in which this program keeps what must last for the user.
func (s System) dataDir() (string, error) {
	switch s.GOOS {
	case "darwin":
		return s.underHome("Library", "Application Support", "lockstep")
	case "windows":
		if dir := s.Getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "lockstep"), nil
		}
		return s.underHome("AppData", "Local", "lockstep")
	}
	if dir := s.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "lockstep"), nil
	}
	return s.underHome(".local", "share", "lockstep")
}

// cacheDir is the folder for what can be made again: [os.UserCacheDir] with the
// program's name, by the environment that s gives.
func (s System) cacheDir() (string, error) {
	switch s.GOOS {
	case "darwin":
		return s.underHome("Library", "Caches", "lockstep")
	case "windows":
		if dir := s.Getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "lockstep"), nil
		}
		return "", errors.New("%LOCALAPPDATA% is not set: the cache folder is unknown")
	}
	if dir := s.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "lockstep"), nil
	}
	return s.underHome(".cache", "lockstep")
}

func (s System) underHome(elem ...string) (string, error) {
	home, err := s.Home()
	if err != nil {
		return "", fmt.Errorf("the home folder is unknown: %w", err)
	}
	return filepath.Join(append([]string{home}, elem...)...), nil
}

// pythonPrefix is the prefix of the Python that the user works with: that of the
// active environment, else of the python3 found.
func (s System) pythonPrefix(ctx context.Context) (string, error) {
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if dir := s.Getenv(name); dir != "" {
			return dir, nil
		}
	}
	python := s.python(ctx)
	if python == "" {
		return "", errors.New("no active environment (VIRTUAL_ENV, CONDA_PREFIX) and no python3 to ask for its prefix: activate one or give --prefix")
	}
	out, err := s.Output(ctx, python, "-c", "import sys; print(sys.prefix)")
	if err != nil {
		return "", fmt.Errorf("%s does not tell its prefix: %w", python, err)
	}
	dir := strings.TrimSpace(out)
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("%s tells %q as its prefix: want an absolute path", python, dir)
	}
	return dir, nil
}

// JupyterPath lists the folders in which Jupyter looks for kernels, each with a
// subfolder "kernels", first match first. A folder that cannot be told, because
// there is no home or no Python, is left out.
func (s System) JupyterPath(ctx context.Context) []string {
	s = s.orHost()
	var dirs []string
	for _, dir := range filepath.SplitList(s.Getenv("JUPYTER_PATH")) {
		if dir != "" {
			dirs = append(dirs, filepath.Clean(dir))
		}
	}
	var user, env []string
	if dir, err := s.JupyterDataDir(); err == nil {
		user = []string{dir}
	}
	if prefix, err := s.pythonPrefix(ctx); err == nil {
		env = []string{filepath.Join(prefix, "share", "jupyter")}
	}
	if s.prefersEnv() {
		dirs = append(append(dirs, env...), user...)
	} else {
		dirs = append(append(dirs, user...), env...)
	}
	if s.GOOS == "windows" {
		if dir := s.Getenv("PROGRAMDATA"); dir != "" && truthy(s.Getenv("JUPYTER_USE_PROGRAMDATA")) {
			dirs = append(dirs, filepath.Join(dir, "jupyter"))
		}
	} else {
		dirs = append(dirs, "/usr/local/share/jupyter", "/usr/share/jupyter")
	}
	var once []string
	for _, dir := range dirs {
		if !slices.Contains(once, dir) {
			once = append(once, dir)
		}
	}
	return once
}

// prefersEnv reports whether Jupyter searches the environment's folder before the
// user's.
func (s System) prefersEnv() bool {
	if v := s.Getenv("JUPYTER_PREFER_ENV_PATH"); v != "" {
		return truthy(v)
	}
	if s.Getenv("VIRTUAL_ENV") != "" {
		return true
	}
	name := s.Getenv("CONDA_DEFAULT_ENV")
	return s.Getenv("CONDA_PREFIX") != "" && name != "" && name != "base"
}

// truthy is how jupyter_core reads a switch in the environment: set, and not one of
// the words for no.
func truthy(v string) bool {
	switch strings.ToLower(v) {
	case "", "no", "n", "false", "off", "0", "0.0":
		return false
	}
	return true
}
