package history

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// DefaultPath returns where the user's history is kept: history.sqlite in the
// folder lockstep of the place that the operating system has for the data of
// programs. The error is that the environment names no home.
func DefaultPath() (string, error) {
	dir, err := dataDir(runtime.GOOS, os.Getenv)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "lockstep", "history.sqlite"), nil
}

// isDefault tells whether the file is where [DefaultPath] has it: its folder is then
// this program's own.
func isDefault(path string) bool {
	own, err := DefaultPath()
	return err == nil && filepath.Clean(path) == own
}

func dataDir(goos string, getenv func(string) string) (string, error) {
	switch goos {
	case "windows":
		if dir := getenv("LocalAppData"); dir != "" {
			return dir, nil
		}
		return "", errors.New("%LocalAppData% is not set")
	case "darwin":
		if home := getenv("HOME"); home != "" {
			return filepath.Join(home, "Library", "Application Support"), nil
		}
	default:
		// The XDG specification: a relative path is to be ignored.
		if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
			return dir, nil
		}
		if home := getenv("HOME"); home != "" {
			return filepath.Join(home, ".local", "share"), nil
		}
	}
	return "", errors.New("$HOME is not set")
}
