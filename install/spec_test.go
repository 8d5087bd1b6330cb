package install

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() Spec {
	return Spec{
		Binary:  "/opt/lockstep/bin/lockstep-0123456789abcdef",
		Version: "v1.2.3",
		Env:     map[string]string{"GOGC": "400"},
	}
}

func TestKernelJSON(t *testing.T) {
	want, err := os.ReadFile("testdata/kernel.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := sample().KernelJSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("kernel.json (-want +got):\n%s", diff)
	}
}

func TestKernelJSONRefuses(t *testing.T) {
	tests := []struct{ name, kernel, binary, want string }{
		{"relative program", "lockstep", "bin/lockstep", "absolute path"},
		{"upper case", "Lockstep", "/bin/lockstep", "lower-case"},
		{"space", "lock step", "/bin/lockstep", "lower-case"},
		{"slash", "a/b", "/bin/lockstep", "lower-case"},
		{"folder above", "..", "/bin/lockstep", "lower-case"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Spec{Name: tt.kernel, Binary: tt.binary}.KernelJSON()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
	for _, good := range []string{"lockstep", "go-1.26_x", "...a"} {
		if err := CheckName(good); err != nil {
			t.Errorf("CheckName(%q): got %v", good, err)
		}
	}
}

func TestWriteRead(t *testing.T) {
	data := t.TempDir()
	dir, err := sample().Write(data)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(data, "kernels", "lockstep"); dir != want {
		t.Errorf("folder: got %s, want %s", dir, want)
	}
	got, err := ReadSpec(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample().orDefaults(), got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	for name, side := range map[string]int{"logo-32x32.png": 32, "logo-64x64.png": 64} {
		logo, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(logo))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b := img.Bounds(); b.Dx() != side || b.Dy() != side {
			t.Errorf("%s: got %v, want %d×%[3]d", name, b, side)
		}
	}
	svg, err := os.ReadFile(filepath.Join(dir, "logo-svg.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("logo-svg.svg: %v", err)
		}
	}
}

func TestWriteReplaces(t *testing.T) {
	data := t.TempDir()
	dir, err := sample().Write(data)
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "kernel.js")
	writeFile(t, stale, "old")
	// What a writer that was ended leaves behind must not stop the next one.
	writeFile(t, filepath.Join(data, ".lockstep-new-lockstep", "kernel.json"), "{")
	writeFile(t, filepath.Join(data, ".lockstep-old-lockstep", "kernel.json"), "{")

	s := sample()
	s.Version = "v1.2.4"
	if _, err := s.Write(data); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSpec(dir)
	if err != nil || got.Version != "v1.2.4" {
		t.Errorf("got version %s, %v, want v1.2.4", got.Version, err)
	}
	if _, err := os.Stat(stale); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", stale, err)
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("the data folder holds %v, want kernels alone", entries)
	}
}

func TestWriteFailsWhole(t *testing.T) {
	data := t.TempDir()
	writeFile(t, filepath.Join(data, "kernels"), "a file where a folder is wanted")
	if _, err := sample().Write(data); err == nil {
		t.Error("got no error")
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestForeignSpecStays(t *testing.T) {
	for name, text := range map[string]string{
		"another kernel": `{"argv": ["python3", "-m", "ipykernel_launcher"], "display_name": "Python 3", "language": "python"}`,
		"broken":         `{"argv": [`,
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			file := filepath.Join(data, "kernels", "lockstep", "kernel.json")
			writeFile(t, file, text)
			if _, err := sample().Write(data); !errors.Is(err, ErrForeign) {
				t.Errorf("got %v, want ErrForeign", err)
			}
			if got, _ := os.ReadFile(file); string(got) != text {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
}

// writeFile makes a file and the folders above it.
func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Where the new folder cannot take its place, the old one is put back.
func TestReplaceDirPutsBack(t *testing.T) {
	tmp := t.TempDir()
	dir, old := filepath.Join(tmp, "lockstep"), filepath.Join(tmp, "old")
	writeFile(t, filepath.Join(dir, "kernel.json"), "{}")
	if err := replaceDir(filepath.Join(tmp, "no such folder"), dir, old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want what was wrong with the new folder", err)
	}
	wantFile(t, filepath.Join(dir, "kernel.json"), "{}")
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", old, err)
	}
}
