//go:build !linux

package exec

import "time"

// ReadyTime is how long the threads of this process have been ready to run and had
// no core: not known here.
func ReadyTime() time.Duration { return 0 }
