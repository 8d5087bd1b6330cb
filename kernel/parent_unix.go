//go:build !windows

package kernel

import (
	"context"
	"os"
	"time"
)

// parentInterval is how often the parent is looked at; there is no signal that
// its end sends on all systems.
const parentInterval = time.Second

// isParent tells whether the end of process pid can be seen as a change of our
// parent. Under a launcher in between, or in a container where process 1 is the
// parent, a change would say nothing.
func isParent(pid int) bool { return pid != 1 && os.Getppid() == pid }

// watchParent ends the kernel when the parent process ends.
func (k *Kernel) watchParent(ctx context.Context, parent int) {
	tick := time.NewTicker(parentInterval)
	defer tick.Stop()
	if orphaned(ctx, parent, os.Getppid, tick.C) {
		k.log.Info("parent process ended, and the kernel with it", "parent", parent)
		k.end()
	}
}

// orphaned waits until the parent process is another one, and returns false when
// ctx ends before.
func orphaned(ctx context.Context, parent int, getppid func() int, tick <-chan time.Time) bool {
	for {
		select {
		case <-tick:
			if getppid() != parent {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}
