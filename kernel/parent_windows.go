package kernel

import (
	"context"

	"golang.org/x/sys/windows"
)

// isParent is true: the handle of a process can always be waited for.
func isParent(int) bool { return true }

// watchParent ends the kernel when the parent process ends. The kernel has
// inherited a handle of it, which is signalled then.
func (k *Kernel) watchParent(ctx context.Context, parent int) {
	const slice = 500 // milliseconds, after which ctx is looked at
	for ctx.Err() == nil {
		event, err := windows.WaitForSingleObject(windows.Handle(parent), slice)
		switch {
		case err != nil:
			k.log.Warn("parent process cannot be watched", "error", err)
			return
		case event == windows.WAIT_OBJECT_0:
			k.log.Info("parent process ended, and the kernel with it")
			k.end()
			return
		}
	}
}
