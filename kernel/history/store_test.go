package history

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"lockstep/kernel/lang"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a store whose log goes to the buffer, which may be read once the
// store is closed.
func open(t *testing.T, path string) (*Store, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	s := Open(path, Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() { s.Close() })
	return s, log
}

// fill makes a store on path with one closed session for each list of inputs.
// The result of input x is =x, except for those that end in a semicolon.
func fill(t *testing.T, path string, sessions ...[]string) {
	t.Helper()
	for _, inputs := range sessions {
		s, _ := open(t, path)
		for i, in := range inputs {
			s.Append(i+1, in)
			if !strings.HasSuffix(in, ";") {
				s.SetOutput(i+1, "="+in)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// show writes entries as "session:line input output".
func show(entries []lang.HistoryEntry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d:%d %s %s", e.Session, e.Line, e.Input, e.Output)))
	}
	return all
}

func TestQueries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.sqlite")
	fill(t, path, []string{"a", "b;", "c"}, []string{"a", "x[1]"})
	stop := func(n int) *int { return &n }
	tests := []struct {
		name string
		ask  func(*Store) ([]lang.HistoryEntry, error)
		want []string
	}{
		{"tail", func(s *Store) ([]lang.HistoryEntry, error) { return s.Tail(3) },
			[]string{"2:2 x[1] =x[1]", "3:1 now", "3:2 föö\nbar =out"}},
		{"tail of all", func(s *Store) ([]lang.HistoryEntry, error) { return s.Tail(0) },
			[]string{"1:1 a =a", "1:2 b;", "1:3 c =c", "2:1 a =a", "2:2 x[1] =x[1]", "3:1 now", "3:2 föö\nbar =out"}},
		{"range current", func(s *Store) ([]lang.HistoryEntry, error) { return s.Range(0, 1, nil) },
			[]string{"3:1 now", "3:2 föö\nbar =out"}},
		{"range stop is excluded", func(s *Store) ([]lang.HistoryEntry, error) { return s.Range(1, 1, stop(3)) },
			[]string{"1:1 a =a", "1:2 b;"}},
		{"range start", func(s *Store) ([]lang.HistoryEntry, error) { return s.Range(1, 2, nil) },
			[]string{"1:2 b;", "1:3 c =c"}},
		{"range one session back", func(s *Store) ([]lang.HistoryEntry, error) { return s.Range(-1, 2, nil) },
			[]string{"2:2 x[1] =x[1]"}},
		{"range negative start", func(s *Store) ([]lang.HistoryEntry, error) { return s.Range(1, -1, nil) },
			[]string{"1:3 c =c"}},
		{"range negative stop", func(s *Store) ([]lang.HistoryEntry, error) { return s.Range(1, 0, stop(-1)) },
			[]string{"1:1 a =a", "1:2 b;"}},
		{"range of no session", func(s *Store) ([]lang.HistoryEntry, error) { return s.Range(99, 0, nil) }, nil},
		{"session", func(s *Store) ([]lang.HistoryEntry, error) { return s.Session(2) },
			[]string{"2:1 a =a", "2:2 x[1] =x[1]"}},
		{"search whole input", func(s *Store) ([]lang.HistoryEntry, error) { return s.Search(Query{Pattern: "o"}) }, nil},
		{"search star, over lines", func(s *Store) ([]lang.HistoryEntry, error) { return s.Search(Query{Pattern: "f*r"}) },
			[]string{"3:2 föö\nbar =out"}},
		{"search question mark is one character", func(s *Store) ([]lang.HistoryEntry, error) {
			return s.Search(Query{Pattern: "f??\nbar"})
		}, []string{"3:2 föö\nbar =out"}},
		{"search brackets mean themselves", func(s *Store) ([]lang.HistoryEntry, error) {
			return s.Search(Query{Pattern: "x[1]"})
		}, []string{"2:2 x[1] =x[1]"}},
		{"search all equal", func(s *Store) ([]lang.HistoryEntry, error) { return s.Search(Query{Pattern: "a"}) },
			[]string{"1:1 a =a", "2:1 a =a"}},
		{"search unique", func(s *Store) ([]lang.HistoryEntry, error) { return s.Search(Query{Pattern: "?", Unique: true}) },
			[]string{"1:3 c =c", "2:1 a =a"}},
		{"search last n", func(s *Store) ([]lang.HistoryEntry, error) { return s.Search(Query{Pattern: "?", N: 1}) },
			[]string{"2:1 a =a"}},
	}
	s, _ := open(t, path)
	s.Append(1, "now")
	s.Append(2, "föö\nbar")
	s.SetOutput(2, "=out")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.ask(s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, show(got)); diff != "" {
				t.Error("-want +got:\n" + diff)
			}
		})
	}
}

func TestNothingEntered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.sqlite")
	fill(t, path, []string{"a"})
	s, _ := open(t, path)
	if got, err := s.Range(0, 0, nil); err != nil || len(got) != 0 {
		t.Errorf("current session: got %v, %v, want nothing", got, err)
	}
	if got, err := s.Range(-1, 0, nil); err != nil || len(got) != 1 {
		t.Errorf("session before: got %v, %v, want its input", got, err)
	}
	s.Close()
	next, _ := open(t, path)
	next.Append(1, "b")
	got, err := next.Tail(1)
	if want := []string{"2:1 b"}; err != nil || !cmp.Equal(want, show(got)) {
		t.Errorf("got %v, %v, want %v: a session without inputs must not use up a number", show(got), err, want)
	}
}

func TestNothingIsOpenedBeforeUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.sqlite")
	s, _ := open(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat: got %v, want no file", err)
	}
}

func TestFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes on Windows")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "made", "by", "it", "h.sqlite")
	s, _ := open(t, path)
	s.Append(1, "a")
	if _, err := s.Tail(1); err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{
		"made": 0o700, "made/by": 0o700, "made/by/it": 0o700,
		"made/by/it/h.sqlite": 0o600, "made/by/it/h.sqlite-wal": 0o600, "made/by/it/h.sqlite-shm": 0o600,
	}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != mode {
			t.Errorf("%s: got mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}
}

func TestOpenFileBecomesPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes on Windows")
	}
	path := filepath.Join(t.TempDir(), "h.sqlite")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	fill(t, path, []string{"a"})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %o, want 600", info.Mode().Perm())
	}
}

// The folder of the default path is this program's own; that of another is not.
func TestOpenFolderBecomesPrivate(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the default path is elsewhere")
	}
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", home)
	own, err := DefaultPath()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{own: 0o700, filepath.Join(home, "shared", "h.sqlite"): 0o755} {
		dir := filepath.Dir(path)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		// As a kernel leaves them that is killed.
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Chmod(name, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		s, _ := open(t, path)
		s.Append(1, "a")
		if _, err := s.Tail(1); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]fs.FileMode{dir: want, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: got %v (%v), want mode %o", name, info.Mode(), err, want)
			}
		}
	}
}

func TestStrangePaths(t *testing.T) {
	for _, name := range []string{"a b", "a?b", "a#b", "a%20b", "a&_pragma=b", "ä"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name, "h.sqlite")
			fill(t, path, []string{"a"})
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("got %v, %v, want the database in this file", info, err)
			}
		})
	}
}

// TestParallelKernels has several stores on one file at once, as several
// kernels have: none loses an input and no two share a session.
func TestParallelKernels(t *testing.T) {
	const kernels, inputs = 6, 40
	path := filepath.Join(t.TempDir(), "h.sqlite")
	var wg sync.WaitGroup
	for k := range kernels {
		s, log := open(t, path)
		wg.Go(func() {
			for i := range inputs {
				s.Append(i+1, fmt.Sprintf("%d/%d", k, i))
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if log.Len() > 0 {
				t.Errorf("log: %s", log)
			}
		})
	}
	wg.Wait()
	s, _ := open(t, path)
	all, err := s.Tail(0)
	if err != nil {
		t.Fatal(err)
	}
	of := make(map[int]string) // session -> kernel
	next := make(map[string]int)
	for _, e := range all {
		k, i, _ := strings.Cut(e.Input, "/")
		if of[e.Session] == "" {
			of[e.Session] = k
		}
		if of[e.Session] != k || i != fmt.Sprint(next[k]) || e.Line != next[k]+1 {
			t.Fatalf("entry %+v: want input %d of kernel %s", e, next[k], of[e.Session])
		}
		next[k]++
	}
	if len(all) != kernels*inputs || len(of) != kernels {
		t.Errorf("got %d inputs in %d sessions, want %d in %d", len(all), len(of), kernels*inputs, kernels)
	}
}

func TestUnusableFile(t *testing.T) {
	tests := []struct {
		name string
		path func(t *testing.T, dir string) string
	}{
		{"folder cannot be made", func(t *testing.T, dir string) string {
			if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "file", "h.sqlite")
		}},
		{"is a folder", func(t *testing.T, dir string) string { return dir }},
		{"is no database", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "h.sqlite")
			if err := os.WriteFile(path, bytes.Repeat([]byte("garbage "), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}},
		{"has pages of garbage", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "h.sqlite")
			fill(t, path, []string{"a"})
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			const header = 100
			if _, err := f.WriteAt(bytes.Repeat([]byte{0xEE}, int(info.Size())-header), header); err != nil {
				t.Fatal(err)
			}
			return path
		}},
		{"is from the future", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "h.sqlite")
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("PRAGMA user_version = 99"); err != nil {
				t.Fatal(err)
			}
			return path
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, log := open(t, tt.path(t, t.TempDir()))
			s.Append(1, "a")
			s.SetOutput(1, "1")
			s.Append(2, "b")
			for range 2 {
				got, err := s.Tail(5)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{"1:1 a 1", "1:2 b"}, show(got)); diff != "" {
					t.Error("-want +got:\n" + diff)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "memory only") {
				t.Errorf("log: got %d lines, want one that says so:\n%s", lines, log)
			}
		})
	}
}

// TestLockedFile has another process hold the write lock: nothing is lost, and
// reading goes on.
func TestLockedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.sqlite")
	fill(t, path, []string{"before"})
	other, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	lock, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	s, log := open(t, path)
	s.Append(1, "while locked")
	got, err := s.Tail(0)
	if want := []string{"1:1 before =before"}; err != nil || !cmp.Equal(want, show(got)) {
		t.Errorf("locked: got %v, %v, want %v", show(got), err, want)
	}
	s.Settle(time.Hour) // waits for nobody's lock
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	got, err = s.Tail(1)
	if want := []string{"2:1 while locked"}; err != nil || !cmp.Equal(want, show(got)) {
		t.Errorf("unlocked: got %v, %v, want %v", show(got), err, want)
	}
	s.Close()
	if log.Len() > 0 {
		t.Errorf("log: %s", log)
	}
}

// TestSettle looks at the file from another store, as after a kill: what is settled is there.
func TestSettle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.sqlite")
	s, _ := open(t, path)
	for i := range 20 {
		s.Append(i+1, fmt.Sprint("input ", i))
		s.Settle(time.Hour)
		other, _ := open(t, path)
		got, err := other.Tail(0)
		if err != nil || len(got) != i+1 || got[i].Input != fmt.Sprint("input ", i) {
			t.Fatalf("got %v, %v, want %d inputs", show(got), err, i+1)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Append(21, "too late")
	s.Settle(time.Hour)
}

func TestInMemory(t *testing.T) {
	s, log := open(t, "")
	s.Append(1, "a")
	got, err := s.Tail(1)
	if want := []string{"1:1 a"}; err != nil || !cmp.Equal(want, show(got)) {
		t.Errorf("got %v, %v, want %v", show(got), err, want)
	}
	s.Close()
	if log.Len() > 0 {
		t.Errorf("log: %s", log)
	}
	if _, err := s.Tail(1); !errors.Is(err, errClosed) {
		t.Errorf("after Close: got error %v, want %v", err, errClosed)
	}
	s.Append(2, "late") // must not panic
}

func TestLongOutput(t *testing.T) {
	s, _ := open(t, "")
	s.Append(1, "a")
	s.SetOutput(1, strings.Repeat("ä", maxOutputBytes))
	got, err := s.Tail(1)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("ä", maxOutputBytes/2); got[0].Output != want {
		t.Errorf("got %d bytes that end in %q, want %d", len(got[0].Output), got[0].Output[len(got[0].Output)-3:], len(want))
	}
	if got := clip("aä", 2); got != "a" {
		t.Errorf("clip: got %q, want whole runes only", got)
	}
}

func TestDataDir(t *testing.T) {
	tests := []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", map[string]string{"HOME": "/h"}, "/h/.local/share"},
		{"linux", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/x"}, "/x"},
		{"linux", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "rel"}, "/h/.local/share"},
		{"linux", nil, ""},
		{"darwin", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/x"}, "/h/Library/Application Support"},
		{"windows", map[string]string{"LocalAppData": "/l"}, "/l"},
		{"windows", nil, ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.goos, tt.env), func(t *testing.T) {
			got, err := dataDir(tt.goos, func(key string) string { return tt.env[key] })
			if filepath.ToSlash(got) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
