package history

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// schemaVersion is the file's user_version. A file of a later version is not
// touched.
const schemaVersion = 1

const schema = `
CREATE TABLE IF NOT EXISTS sessions (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	started INTEGER NOT NULL -- ms since 1970
);
CREATE TABLE IF NOT EXISTS inputs (
	id      INTEGER PRIMARY KEY, -- rises with time over all sessions
	session INTEGER NOT NULL,
	line    INTEGER NOT NULL,
	at      INTEGER NOT NULL,    -- ms since 1970
	input   TEXT NOT NULL,
	output  TEXT,
	UNIQUE (session, line)
);
PRAGMA user_version = 1;`

// use returns the database, opened if need be. s.dbMu is held.
func (s *Store) use() (*sql.DB, error) {
	if s.db != nil {
		return s.db, nil
	}
	if s.path != "" {
		db, err := openFile(s.path)
		if err == nil {
			s.db = db
			return db, nil
		}
		if isBusy(err) {
			return nil, err // the next use tries again
		}
		s.inMemory(err)
	}
	db, err := openDSN("file::memory:")
	if err != nil {
		return nil, err
	}
	s.db, s.memory = db, true
	return db, nil
}

// inMemory gives the file up; the next use opens a database in memory.
func (s *Store) inMemory(why error) {
	s.log.Warn("history cannot be kept in its file; this session's is kept in memory only", "file", s.path, "error", why)
	s.path = ""
	if s.db != nil {
		s.db.Close()
		s.db = nil
	}
}

func openFile(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if isDefault(path) {
		if err := private(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
	}
	// SQLite would leave the mode to umask; its -wal and -shm files get the
	// mode of this one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	// Those that a kernel left which was killed are used again as they are.
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if err := private(file, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	uri := url.URL{Scheme: "file", Path: filepath.ToSlash(path), OmitHost: true}
	if filepath.VolumeName(path) != "" {
		uri.Path = "/" + uri.Path
	}
	return openDSN(uri.String())
}

// private narrows the mode of a file or folder that others may use.
func private(path string, mode fs.FileMode) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(path, mode)
}

// openDSN opens and prepares a database. One connection is enough, as every use
// is under dbMu, and an in-memory database lives in its connection.
func openDSN(dsn string) (*sql.DB, error) {
	// The timeout must stay well below the 2.5 s that a kernel has to end.
	// Transactions begin as writers (immediate): SQLite does not wait at all
	// for a lock when a reading transaction becomes a writing one.
	db, err := sql.Open("sqlite", dsn+"?_pragma=busy_timeout(1000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := prepare(db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func prepare(db *sql.DB) error {
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version == schemaVersion:
		return nil
	case version > schemaVersion:
		return fmt.Errorf("file has format %d, want %d: it was written by a later version of this program", version, schemaVersion)
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(schema); err != nil {
		return err
	}
	return tx.Commit()
}

// flush writes what is pending. When another process holds the lock it stays
// pending; on any other error the store goes on in memory. s.dbMu is held.
func (s *Store) flush() error {
	s.pendingMu.Lock()
	records := s.pending
	s.pending = nil
	s.pendingMu.Unlock()
	if len(records) == 0 {
		return nil
	}
	err := s.store(records)
	if err != nil && !s.memory && !(isBusy(err) && len(records) < maxPending) {
		s.inMemory(err)
		err = s.store(records)
	}
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	if s.behind = err != nil; s.behind {
		s.pending = slices.Concat(records, s.pending)
	} else {
		s.written += len(records)
	}
	close(s.tried)
	s.tried = make(chan struct{})
	return err
}

func (s *Store) store(records []record) error {
	db, err := s.use()
	if err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	session := s.session
	if session == 0 {
		err := tx.QueryRow("INSERT INTO sessions (started) VALUES (?) RETURNING id", s.now().UnixMilli()).Scan(&session)
		if err != nil {
			return err
		}
	}
	for _, r := range records {
		if r.output != nil {
			_, err = tx.Exec("UPDATE inputs SET output = ? WHERE session = ? AND line = ?", *r.output, session, r.line)
		} else {
			_, err = tx.Exec("INSERT OR REPLACE INTO inputs (session, line, at, input) VALUES (?, ?, ?, ?)",
				session, r.line, r.at.UnixMilli(), r.input)
		}
		if err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.session = session
	return nil
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	code := e.Code() & 0xff // the rest tells what kind of busy
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}
