package history

import (
	"database/sql"
	"errors"
	"math"
	"slices"
	"strings"

	"lockstep/kernel/lang"
)

// errClosed is returned by queries after Close.
var errClosed = errors.New("history is closed")

// Query selects inputs for [Store.Search].
type Query struct {
	Pattern string // the whole input, * for any text and ? for any character; "" is *
	N       int    // the last N that match; 0 or less for all
	Unique  bool   // of equal inputs the last only
}

// Tail returns the last n inputs over all sessions, oldest first; all when n is
// 0 or less. Inputs of kernels that run at the same time are in the order in
// which they were entered.
func (s *Store) Tail(n int) ([]lang.HistoryEntry, error) { return s.Search(Query{N: n}) }

// Session returns the inputs of one session, as in [Store.Range].
func (s *Store) Session(session int) ([]lang.HistoryEntry, error) {
	return s.Range(session, 0, nil)
}

// Range returns the inputs of a session from line start to before line *stop,
// or to the end when stop is nil. Session 0 is the current one and negative
// numbers count back from it. A negative line counts back from the end, as in a
// Python slice.
func (s *Store) Range(session, start int, stop *int) ([]lang.HistoryEntry, error) {
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	db, err := s.current()
	if err != nil {
		return nil, err
	}
	if session <= 0 {
		if session, err = s.number(db, session); err != nil {
			return nil, err
		}
	}
	end := math.MaxInt
	if stop != nil {
		end = *stop
	}
	if start < 0 || end < 0 {
		var last int
		if err := db.QueryRow("SELECT coalesce(max(line), 0) FROM inputs WHERE session = ?", session).Scan(&last); err != nil {
			return nil, err
		}
		if start < 0 {
			start += last + 1
		}
		if end < 0 {
			end += last + 1
		}
	}
	return entries(db.Query(`SELECT session, line, input, coalesce(output, '') FROM inputs
		WHERE session = ? AND line >= ? AND line < ? ORDER BY line`, session, start, end))
}

// number makes an absolute session number of one that counts back from the
// current. A session without inputs has the number that it would get now.
func (s *Store) number(db *sql.DB, back int) (int, error) {
	current := s.session
	if current == 0 {
		if err := db.QueryRow("SELECT coalesce(max(id), 0) + 1 FROM sessions").Scan(&current); err != nil {
			return 0, err
		}
	}
	return current + back, nil
}

// Search returns the last inputs over all sessions that match q, oldest first.
func (s *Store) Search(q Query) ([]lang.HistoryEntry, error) {
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	db, err := s.current()
	if err != nil {
		return nil, err
	}
	where := "true"
	var args []any
	if q.Pattern != "" && q.Pattern != "*" {
		// In Go code a [ is an index; to SQLite it begins a class of characters.
		where = "input GLOB ?"
		args = append(args, strings.ReplaceAll(q.Pattern, "[", "[[]"))
	}
	if q.Unique {
		where = "id IN (SELECT max(id) FROM inputs WHERE " + where + " GROUP BY input)"
	}
	limit := q.N
	if limit <= 0 {
		limit = -1 // SQLite's "no limit"
	}
	found, err := entries(db.Query(`SELECT session, line, input, coalesce(output, '') FROM inputs
		WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, limit)...))
	slices.Reverse(found)
	return found, err
}

// current returns the database with everything in it that was appended so far.
// s.dbMu is held.
func (s *Store) current() (*sql.DB, error) {
	s.pendingMu.Lock()
	closed := s.closed
	s.pendingMu.Unlock()
	if closed {
		return nil, errClosed
	}
	// Reading goes on while another kernel writes; ours comes later then.
	if err := s.flush(); err != nil && !isBusy(err) {
		return nil, err
	}
	return s.use()
}

func entries(rows *sql.Rows, err error) ([]lang.HistoryEntry, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []lang.HistoryEntry
	for rows.Next() {
		var e lang.HistoryEntry
		if err := rows.Scan(&e.Session, &e.Line, &e.Input, &e.Output); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}
