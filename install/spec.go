package install

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// DefaultName is the kernel's name: what notebooks carry in their metadata.
const DefaultName = "lockstep"

// protocolVersion is the version of Jupyter's messaging that the kernel speaks.
const protocolVersion = "5.5"

//go:embed kernelspec/logo-svg.svg kernelspec/logo-32x32.png kernelspec/logo-64x64.png
var logos embed.FS

// A Spec is a kernelspec of this kernel.
type Spec struct {
	// Name is the kernel's name and that of its folder; empty means [DefaultName].
	Name string
	// DisplayName is what Jupyter shows; empty means "Go (NAME)".
	DisplayName string
	// Binary is the program that Jupyter starts, an absolute path.
	Binary string
	// Version is the program's version, for people and for [Doctor].
	Version string
	// Env is set in the kernel's environment. Jupyter replaces ${VAR} in the values.
	Env map[string]string
}

// kernelJSON is the file kernel.json. The order of the fields is that of the file.
type kernelJSON struct {
	Argv            []string          `json:"argv"`
	DisplayName     string            `json:"display_name"`
	Language        string            `json:"language"`
	InterruptMode   string            `json:"interrupt_mode"`
	ProtocolVersion string            `json:"kernel_protocol_version"`
	Env             map[string]string `json:"env"`
	// Metadata has no "debugger" and no "supported_encryption": Jupyter would offer
	// the user what the kernel does not have.
	Metadata struct {
		Lockstep *ownMetadata `json:"lockstep,omitempty"`
	} `json:"metadata"`
}

// ownMetadata marks a kernelspec as ours, so that no other kernel's is replaced or
// removed.
type ownMetadata struct {
	Version string `json:"version"`
}

// ErrForeign is the error for a kernelspec that another kernel has put there.
var ErrForeign = errors.New("the kernelspec belongs to another kernel")

// validName is what jupyter_client accepts as a kernel's name, once in lower case.
var validName = regexp.MustCompile(`^[a-z0-9._-]+$`)

// CheckName reports what is wrong with name as a kernel's name.
func CheckName(name string) error {
	// "." and ".." pass jupyter_client's expression, and name other folders.
	if !validName.MatchString(name) || strings.Trim(name, ".") == "" {
		return fmt.Errorf("kernel name %q: want lower-case letters, digits, dots, underscores and dashes, such as %q", name, DefaultName)
	}
	return nil
}

// orDefaults fills what is empty.
func (s Spec) orDefaults() Spec {
	if s.Name == "" {
		s.Name = DefaultName
	}
	if s.DisplayName == "" {
		s.DisplayName = "Go (" + s.Name + ")"
	}
	return s
}

// KernelJSON is the text of kernel.json.
func (s Spec) KernelJSON() ([]byte, error) {
	s = s.orDefaults()
	if err := CheckName(s.Name); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(s.Binary) {
		return nil, fmt.Errorf("kernelspec %s: program %q: want an absolute path", s.Name, s.Binary)
	}
	k := kernelJSON{
		Argv:            []string{s.Binary, "kernel", "{connection_file}"},
		DisplayName:     s.DisplayName,
		Language:        "go",
		InterruptMode:   "message",
		ProtocolVersion: protocolVersion,
		Env:             s.Env,
	}
	if k.Env == nil {
		k.Env = map[string]string{}
	}
	k.Metadata.Lockstep = &ownMetadata{Version: s.Version}
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// Write puts the kernelspec into the folder kernels/NAME of the data folder
// dataDir and returns that folder. The whole folder appears at once: it is made
// beside and moved there, and what was there before is replaced. Another kernel's
// kernelspec of that name is left alone, with [ErrForeign]. Two writers to one
// data folder at a time must be kept apart by the caller.
func (s Spec) Write(dataDir string) (dir string, err error) {
	s = s.orDefaults()
	text, err := s.KernelJSON()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dataDir, "kernels", s.Name)
	if err := ownOrAbsent(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// Beside the folder kernels, not in it: there Jupyter would list them.
	fresh := filepath.Join(dataDir, ".lockstep-new-"+s.Name)
	old := filepath.Join(dataDir, ".lockstep-old-"+s.Name)
	for _, left := range []string{fresh, old} { // by a writer that was ended
		if err := os.RemoveAll(left); err != nil {
			return "", err
		}
	}
	defer os.RemoveAll(fresh)
	if err := writeFiles(fresh, text); err != nil {
		return "", err
	}
	return dir, replaceDir(fresh, dir, old)
}

// writeFiles makes the folder dir with kernel.json and the logos.
func writeFiles(dir string, kernelJSON []byte) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "kernel.json"), kernelJSON, 0o644); err != nil {
		return err
	}
	return fs.WalkDir(logos, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := logos.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, d.Name()), data, 0o644)
	})
}

// replaceDir moves the folder fresh to dir. What dir held is moved to old and
// removed, or moved back where fresh cannot take its place: no system renames over
// a folder that has files in it.
func replaceDir(fresh, dir, old string) error {
	err := os.Rename(dir, old)
	replaced := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		if replaced {
			return errors.Join(err, os.Rename(old, dir))
		}
		return err
	}
	return os.RemoveAll(old)
}

// ownOrAbsent reports an error unless dir is a kernelspec of ours, empty of one, or
// not there.
func ownOrAbsent(dir string) error {
	_, err := ReadSpec(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// ReadSpec reads the kernelspec in the folder dir. The error is [fs.ErrNotExist]
// where there is none, and [ErrForeign] where it is not one of ours, broken ones
// included, since those cannot be told.
func ReadSpec(dir string) (Spec, error) {
	file := filepath.Join(dir, "kernel.json")
	text, err := os.ReadFile(file)
	if err != nil {
		return Spec{}, err
	}
	var k kernelJSON
	if err := json.Unmarshal(text, &k); err != nil {
		return Spec{}, fmt.Errorf("%s: %w (it is not a valid kernel.json: %v)", file, ErrForeign, err)
	}
	if k.Metadata.Lockstep == nil || len(k.Argv) == 0 {
		return Spec{}, fmt.Errorf("%s: %w: %q", file, ErrForeign, k.DisplayName)
	}
	return Spec{
		Name:        filepath.Base(dir),
		DisplayName: k.DisplayName,
		Binary:      k.Argv[0],
		Version:     k.Metadata.Lockstep.Version,
		Env:         k.Env,
	}, nil
}
