package lessons

import "time"

// ownTime is not known here: what the lesson itself uses counts as others'.
func ownTime() time.Duration { return 0 }
