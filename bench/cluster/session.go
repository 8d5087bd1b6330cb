package main

import (
	"context"

	"lockstep/bench/cells"
	"lockstep/kernel/live"
)

// session returns one of the native engine that has run some cells, and what closes it.
func session(ctx context.Context, code ...string) (s *cells.Session, closeAll func(), err error) {
	b, err := cells.New(ctx)
	if err != nil {
		return nil, nil, err
	}
	s = b.Open(live.Native)
	closeAll = func() {
		s.Close()
		b.Close()
	}
	for _, c := range code {
		if _, _, err := s.Run(ctx, c); err != nil {
			closeAll()
			return nil, nil, err
		}
	}
	return s, closeAll, nil
}
