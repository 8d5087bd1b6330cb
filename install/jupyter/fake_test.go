//go:build unix

package jupyter

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// The test binary plays Python and jupyter-lab, so that the tests need neither them
// nor a network. The environment says how:
//
//	FAKE_PYTHON   the version that it tells; without it the tests run
//	FAKE_LOG      a file to which each command is added
//	FAKE_FAIL     the step, "venv" or "pip", that fails
//	FAKE_CALLER   an address to which pip and jupyter-lab report; then they wait

func TestMain(m *testing.M) {
	if os.Getenv("FAKE_PYTHON") != "" {
		os.Exit(fake(os.Args))
	}
	goleak.VerifyTestMain(m)
}

// A report is what a fake tells the test.
type report struct {
	Args    []string
	Env     map[string]string
	Kernels map[string]string // kernel.json by name, from the first entry of JUPYTER_PATH
}

func fake(args []string) int {
	name, args := filepath.Base(args[0]), args[1:]
	step := name
	if name != "jupyter-lab" {
		if args[0] == "-c" {
			fmt.Println(os.Getenv("FAKE_PYTHON"))
			return 0
		}
		step = args[1] // of -m
	}
	if file := os.Getenv("FAKE_LOG"); file != "" {
		log, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(log, step)
		log.Close()
	}
	if os.Getenv("FAKE_FAIL") == step {
		fmt.Fprintf(os.Stderr, "%s says why\n", step)
		return 1
	}
	switch step {
	case "venv":
		self, err := os.Executable()
		if err != nil {
			panic(err)
		}
		bin := filepath.Join(args[2], "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			panic(err)
		}
		if err := os.Symlink(self, filepath.Join(bin, "python")); err != nil {
			panic(err)
		}
	case "pip":
		for i := range 40 {
			fmt.Printf("Collecting package%d\n", i)
		}
		fmt.Println("Installing collected packages: package0, package1")
		return call(args)
	case "jupyterlab", "jupyter-lab":
		return call(args)
	}
	return 0
}

// call reports to the test and waits for its answer, the exit status, or for a
// signal, which it names before it exits 0.
func call(args []string) int {
	addr := os.Getenv("FAKE_CALLER")
	if addr == "" {
		return 0
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	r := report{Args: args, Env: map[string]string{}, Kernels: map[string]string{}}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		r.Env[name] = value
	}
	first, _, _ := strings.Cut(os.Getenv("JUPYTER_PATH"), ":")
	specs, _ := filepath.Glob(filepath.Join(first, "kernels", "*", "kernel.json"))
	for _, spec := range specs {
		text, err := os.ReadFile(spec)
		if err != nil {
			panic(err)
		}
		r.Kernels[filepath.Base(filepath.Dir(spec))] = string(text)
	}
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		panic(err)
	}
	answer := make(chan int, 1)
	go func() { // ends with the process
		var status int
		if _, err := fmt.Fscanln(conn, &status); err != nil {
			status = 99
		}
		answer <- status
	}()
	select {
	case status := <-answer:
		return status
	case s := <-signals:
		fmt.Fprintln(conn, s)
		return 0
	}
}

// A caller is the other end of call.
type caller struct {
	net.Listener
}

func listen(t *testing.T) caller {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return caller{l}
}

// next waits for a fake to report.
func (c caller) next(t *testing.T) (report, net.Conn) {
	t.Helper()
	conn, err := c.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var r report
	if err := json.NewDecoder(conn).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r, conn
}

// A world is a machine for one test.
type world struct {
	cache, log string
	stderr     strings.Builder
	opts       Options
}

// newWorld has a Python of that version, and the commands named in others.
func newWorld(t *testing.T, version string, others ...string) *world {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w := &world{cache: filepath.Join(dir, "cache"), log: filepath.Join(dir, "log")}
	bin := filepath.Join(dir, "usr")
	for _, name := range append(others, "python3") {
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	w.opts = Options{
		Binary:   "/opt/lockstep",
		Stdout:   io.Discard,
		Stderr:   &w.stderr,
		CacheDir: w.cache,
		Env: append(os.Environ(), "FAKE_PYTHON="+version, "FAKE_LOG="+w.log, "JUPYTER_PATH=/theirs",
			"GORACE=atexit_sleep_ms=0"), // else each fake lives a second longer under -race
		LookPath: func(name string) (string, error) {
			if !slices.Contains(append(others, "python3"), name) {
				return "", &notFound{name}
			}
			return filepath.Join(bin, name), nil
		},
	}
	return w
}

// set sets a variable of the fakes.
func (w *world) set(name, value string) { w.opts.Env = append(w.opts.Env, name+"="+value) }

// steps are the commands that have run.
func (w *world) steps(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(w.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// environments are the folders of environments in the cache.
func (w *world) environments(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(w.cache)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, filepath.Join(w.cache, e.Name()))
		}
	}
	return dirs
}
