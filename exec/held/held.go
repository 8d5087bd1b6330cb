// Package held has files that last as long as the process that made them: it holds a lock, which the system releases
// with the process, so that others can tell what was left behind and remove it.
//
// Where the system has no such locks, files are as good as held for ever.
package held

import "errors"

// ErrSwept says that a file was taken for one that was left behind, before it was held.
var ErrSwept = errors.New("the file was removed while it was made")
