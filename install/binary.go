package install

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A store is a folder with lasting copies of the program, each named by a hash of
// its content: the file that `go run` starts is gone when it ends, and a
// kernelspec must go on working while a newer version is put beside it. Several
// kernelspecs can share a copy. Whoever uses a store holds its lock.
type store struct {
	dir string
	sys System
}

// copyName is what the copies are called; nothing else in the folder is touched.
var copyName = regexp.MustCompile(`^lockstep-[0-9a-f]{16}(\.exe)?$`)

// recordFile lists the kernelspecs written for copies of this store: Jupyter may
// have been told to look elsewhere (JUPYTER_DATA_DIR) when one was installed.
const recordFile = "kernelspecs.json"

// add copies the program into the store, unless it is there, and returns the path
// of the copy.
func (st store) add(program string) (string, error) {
	src, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer src.Close()
	sum, err := digest(src)
	if err != nil {
		return "", err
	}
	name := "lockstep-" + sum[:16]
	if st.sys.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(st.dir, name)
	if st.whole(path, sum) {
		return path, nil
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	tmp, err := os.CreateTemp(st.dir, "copy-*.tmp")
	if err != nil {
		return "", err
	}
	defer os.Remove(tmp.Name()) // fails once it has been renamed, as it should
	_, err = io.Copy(tmp, src)
	err = errors.Join(err, tmp.Chmod(0o755), tmp.Close())
	if err != nil {
		return "", fmt.Errorf("copy of %s into %s: %w", program, st.dir, err)
	}
	return path, os.Rename(tmp.Name(), path)
}

// whole reports whether path is a program file with the hash sum.
func (st store) whole(path, sum string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || (st.sys.GOOS != "windows" && info.Mode()&0o111 == 0) {
		return false
	}
	got, err := digest(f)
	return err == nil && got == sum
}

func digest(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// clean removes the copies that no kernelspec names and no process runs: a kernel
// that was started from an old copy starts its session from that file again. The
// kernelspecs are those in the folders specDirs and in the record, to which keep,
// the kernelspec just written, is added. It returns the copies that it removed.
func (st store) clean(ctx context.Context, dataDirs []string, keep string) (removed []string, err error) {
	recorded, err := st.record()
	if err != nil {
		return nil, err
	}
	if keep != "" {
		recorded = append(recorded, keep)
	}
	specs := slices.Clone(recorded)
	for _, dir := range dataDirs {
		found, _ := filepath.Glob(filepath.Join(globEscape(dir), "kernels", "*"))
		specs = append(specs, found...)
	}
	used, err := st.sys.Running(ctx)
	if err != nil {
		return nil, fmt.Errorf("running programs are unknown, so no old copy is removed: %w", err)
	}
	var live []string
	for _, dir := range specs {
		s, err := ReadSpec(dir)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrForeign) {
				return nil, err
			}
			continue
		}
		used = append(used, s.Binary)
		if slices.Contains(recorded, dir) && !slices.Contains(live, dir) {
			live = append(live, dir)
		}
	}
	if err := st.setRecord(live); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(st.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(st.dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "copy-") && strings.HasSuffix(e.Name(), ".tmp"):
			os.Remove(path) // by an install that was ended; the next one tries again
		case copyName.MatchString(e.Name()) && !containsFile(used, path):
			if err := os.Remove(path); err != nil {
				return removed, err
			}
			removed = append(removed, path)
		}
	}
	return removed, nil
}

// containsFile reports whether one of the paths is the file at path, by name or,
// where folders are linked, by identity.
func containsFile(paths []string, path string) bool {
	if slices.Contains(paths, path) {
		return true
	}
	want, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, p := range paths {
		if filepath.Base(p) != filepath.Base(path) {
			continue
		}
		if info, err := os.Stat(p); err == nil && os.SameFile(info, want) {
			return true
		}
	}
	return false
}

// record reads the list of kernelspec folders.
func (st store) record() ([]string, error) {
	file := filepath.Join(st.dir, recordFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var dirs []string
	if err := json.Unmarshal(text, &dirs); err != nil {
		return nil, fmt.Errorf("%s: want a JSON list of folders: %w", file, err)
	}
	return dirs, nil
}

// setRecord writes the list of kernelspec folders.
func (st store) setRecord(dirs []string) error {
	text, err := json.MarshalIndent(append([]string{}, dirs...), "", "  ")
	if err != nil {
		return err
	}
	tmp := filepath.Join(st.dir, "copy-record.tmp")
	if err := os.WriteFile(tmp, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(st.dir, recordFile))
}

// globEscape makes path match itself in a pattern.
func globEscape(path string) string {
	return strings.NewReplacer(`[`, `[[]`, `*`, `[*]`, `?`, `[?]`).Replace(path)
}
