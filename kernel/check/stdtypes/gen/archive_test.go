package main

import (
	"archive/zip"
	"bytes"
	"go/version"
	"io"
	"runtime"
	"testing"

	"lockstep/kernel/check/stdtypes"
)

const stale = "stdtypes.zip is stale: run go generate ./kernel/check/stdtypes"

// TestFresh fails when the committed data is not what the program would write
// now: for another Go release, or after a change to what cells import.
func TestFresh(t *testing.T) {
	// A patch release keeps the API, and only its unexported fields may differ.
	if got, want := version.Lang(stdtypes.GoVersion()), version.Lang(runtime.Version()); got != want {
		t.Fatalf("data made with %s, toolchain is %s; %s", got, want, stale)
	}
	patterns := cellPackages
	if stdtypes.GoVersion() == runtime.Version() {
		patterns = append([]string{"fmt", "iter", "slices", "sync", "unsafe"}, patterns...)
	}
	pkgs, err := load(patterns...)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader("../stdtypes.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, p := range pkgs {
		if name, ok := stdtypes.Name(p.PkgPath); !ok || name != p.Name {
			t.Errorf("%s: got name %q in the index, want %q; %s", p.PkgPath, name, p.Name, stale)
			continue
		}
		if p.PkgPath == "unsafe" {
			continue
		}
		want, err := encode(p)
		if err != nil {
			t.Fatal(err)
		}
		f, err := archive.Open(p.PkgPath)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: declarations have changed; %s", p.PkgPath, stale)
		}
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	pkgs, err := load("errors", "io", "cmp")
	if err != nil {
		t.Fatal(err)
	}
	var archives [2][]byte
	for i := range archives {
		if archives[i], err = write(pkgs); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("two archives of the same packages differ")
	}
}

func TestImportable(t *testing.T) {
	for path, want := range map[string]bool{
		"fmt": true, "net/http/internal": false, "internal/abi": false, "vendor/golang.org/x/net/idna": false,
		"cmd/go": false, "lockstep/lab": true, "crypto/internal/fips140": false,
	} {
		if got := importable(path); got != want {
			t.Errorf("importable(%q): got %v, want %v", path, got, want)
		}
	}
}
