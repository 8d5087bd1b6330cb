package live_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"io"
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"

	"lockstep/kernel/live"
)

// publish puts module example.org/sum v1.0.0 into a folder that serves as a module
// proxy, with a package of one function that returns a word.
func publish(t *testing.T, proxy, word string) {
	t.Helper()
	const mod = "module example.org/sum\n\ngo 1.26\n"
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, text := range map[string]string{"go.mod": mod, "sum.go": "package sum\n\nfunc Word() string { return \"" + word + "\" }\n"} {
		w, err := z.Create("example.org/sum@v1.0.0/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(proxy, "example.org", "sum", "@v")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"list": "v1.0.0\n", "v1.0.0.info": `{"Version":"v1.0.0"}`, "v1.0.0.mod": mod, "v1.0.0.zip": archive.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sumsOf are the lines of go.sum for what publish has put into a folder.
func sumsOf(t *testing.T, proxy string) string {
	t.Helper()
	dir := filepath.Join(proxy, "example.org", "sum", "@v")
	whole, err := dirhash.HashZip(filepath.Join(dir, "v1.0.0.zip"), dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(filepath.Join(dir, "v1.0.0.mod")) })
	if err != nil {
		t.Fatal(err)
	}
	return "example.org/sum v1.0.0 " + whole + "\nexample.org/sum v1.0.0/go.mod " + mod + "\n"
}

// shop has the go command get modules from a new folder, and what it has already from
// its own, into a module cache that ends with the test. Nothing is verified but by go.sum.
func shop(t *testing.T) (proxy, cache string) {
	t.Helper()
	out, err := osexec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	proxy, cache = t.TempDir(), filepath.Join(t.TempDir(), "modules")
	url := func(dir string) string { return "file://" + filepath.ToSlash(dir) }
	t.Setenv("GOPROXY", url(proxy)+","+url(filepath.Join(strings.TrimSpace(string(out)), "cache", "download")))
	t.Setenv("GOFLAGS", "-modcacherw") // so that the test can remove it
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOPATH", t.TempDir()) // it remembers databases
	t.Setenv("GONOSUMDB", "")
	t.Setenv("GOPRIVATE", "")
	t.Setenv("GOSUMDB", "off")
	return proxy, cache
}

// TestChangedModule has a module change after the session has got it.
func TestChangedModule(t *testing.T) {
	proxy, cache := shop(t)
	first := rand.Text() // another one each time: what is compiled stays in the cache
	publish(t, proxy, first)
	n := nativeNotebook(t, live.Auto)
	n.steps([]step{{"%get example.org/sum@v1.0.0", "added example.org/sum v1.0.0"}})
	// Another machine would download it now.
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	publish(t, proxy, "second")
	n.steps([]step{
		{"import \"example.org/sum\"\nsum.Word()", "error: "},
		{"import \"example.org/sum\"\nsum.Word()", "line 1, column 8: package example.org/sum: the module's content has changed, so nothing of it is used: its sum is not the one that was known before"},
		{"%get example.org/sum@v1.0.0", "checksum mismatch\n\tdownloaded: h1:"},
		{"1 + 1", "2"},
	})
	publish(t, proxy, first)
	n.steps([]step{{"import \"example.org/sum\"\nsum.Word()", strconv.Quote(first)}})
}

// TestChecksumDatabase has a database of sums that knows another content of a module.
func TestChecksumDatabase(t *testing.T) {
	skey, vkey, err := note.GenerateKey(nil, "sums.example.org")
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := t.TempDir(), t.TempDir()
	publish(t, right, "right")
	publish(t, wrong, "wrong")
	database := sumdb.NewTestServer(skey, func(path, version string) ([]byte, error) {
		if path != "example.org/sum" {
			return nil, os.ErrNotExist
		}
		return []byte(sumsOf(t, right)), nil
	})
	server := httptest.NewServer(sumdb.NewServer(database))
	t.Cleanup(server.Close)

	for _, test := range []struct {
		name, from string
		setting    [2]string
		cached     bool // before the session gets it, by somebody who did not verify it
		want       string
	}{
		{"the same", right, [2]string{"GOSUMDB", vkey + " " + server.URL}, false, "added example.org/sum v1.0.0"},
		{"another", wrong, [2]string{"GOSUMDB", vkey + " " + server.URL}, false, "error: magic error: %get: the module's content has changed"},
		{"another in the module cache", wrong, [2]string{"GOSUMDB", vkey + " " + server.URL}, true, "error: magic error: %get: the module's content has changed"},
		{"the database is away", right, [2]string{"GOSUMDB", vkey + " http://127.0.0.1:1"}, false, "verifying module"},
		{"the database is away and the module in the cache", right, [2]string{"GOSUMDB", vkey + " http://127.0.0.1:1"}, true, "error: magic error: %get: example.org/sum@v1.0.0: verifying module"},
		{"not asked for", wrong, [2]string{"GOSUMDB", "off"}, false, "added example.org/sum v1.0.0"},
		{"not asked for by this user", wrong, [2]string{"GONOSUMDB", "example.org"}, false, "added example.org/sum v1.0.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxy, _ := shop(t)
			text, err := os.ReadFile(filepath.Join(test.from, "example.org", "sum", "@v", "v1.0.0.zip"))
			if err != nil {
				t.Fatal(err)
			}
			publish(t, proxy, "")
			if err := os.WriteFile(filepath.Join(proxy, "example.org", "sum", "@v", "v1.0.0.zip"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			if test.cached {
				if out, err := osexec.Command("go", "mod", "download", "example.org/sum@v1.0.0").CombinedOutput(); err != nil {
					t.Fatalf("go mod download: %v\n%s", err, out)
				}
			}
			if test.setting[0] == "GONOSUMDB" {
				t.Setenv("GOSUMDB", vkey+" http://127.0.0.1:1")
			}
			t.Setenv(test.setting[0], test.setting[1])
			nativeNotebook(t, live.Auto).steps([]step{{"%get example.org/sum@v1.0.0", test.want}})
		})
	}
}
