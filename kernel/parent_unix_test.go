//go:build !windows

package kernel

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestIsParent(t *testing.T) {
	parent := os.Getppid()
	if got, want := isParent(parent), parent != 1; got != want {
		t.Errorf("parent %d: got %v, want %v", parent, got, want)
	}
	for _, other := range []int{1, os.Getpid()} {
		if isParent(other) {
			t.Errorf("process %d: got true, want false", other)
		}
	}
}

func TestOrphaned(t *testing.T) {
	for name, ends := range map[string]bool{"parent ends": true, "parent stays": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				tick := time.NewTicker(parentInterval)
				defer tick.Stop()
				begin := time.Now()
				got := orphaned(ctx, 7, func() int {
					if ends && time.Since(begin) > 10*time.Second {
						return 1
					}
					return 7
				}, tick.C)
				if got != ends {
					t.Errorf("got %v, want %v", got, ends)
				}
			})
		})
	}
}
