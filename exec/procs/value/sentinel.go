package value

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"reflect"
	"strconv"
)

// sentinels are errors of the standard library that programs compare with by identity, so that they arrive as themselves.
var sentinels = map[string]error{
	"bufio.ErrTooLong": bufio.ErrTooLong, "bufio.ErrFinalToken": bufio.ErrFinalToken, "bufio.ErrBufferFull": bufio.ErrBufferFull,
	"context.Canceled": context.Canceled, "context.DeadlineExceeded": context.DeadlineExceeded,
	"errors.ErrUnsupported": errors.ErrUnsupported,
	"exec.ErrNotFound":      exec.ErrNotFound, "exec.ErrDot": exec.ErrDot, "exec.ErrWaitDelay": exec.ErrWaitDelay,
	"fs.ErrClosed": fs.ErrClosed, "fs.ErrExist": fs.ErrExist, "fs.ErrInvalid": fs.ErrInvalid, "fs.ErrNotExist": fs.ErrNotExist,
	"fs.ErrPermission": fs.ErrPermission, "fs.SkipAll": fs.SkipAll, "fs.SkipDir": fs.SkipDir,
	"io.EOF": io.EOF, "io.ErrUnexpectedEOF": io.ErrUnexpectedEOF, "io.ErrClosedPipe": io.ErrClosedPipe, "io.ErrNoProgress": io.ErrNoProgress,
	"io.ErrShortBuffer": io.ErrShortBuffer, "io.ErrShortWrite": io.ErrShortWrite,
	"net.ErrClosed":          net.ErrClosed,
	"os.ErrDeadlineExceeded": os.ErrDeadlineExceeded, "os.ErrNoDeadline": os.ErrNoDeadline, "os.ErrProcessDone": os.ErrProcessDone,
	"strconv.ErrRange": strconv.ErrRange, "strconv.ErrSyntax": strconv.ErrSyntax,
}

// sentinelNames has their names, by type and value: most values are of other types, and some cannot be compared.
var sentinelNames = func() map[reflect.Type]map[error]string {
	all := map[reflect.Type]map[error]string{}
	for name, err := range sentinels {
		t := reflect.TypeOf(err)
		if all[t] == nil {
			all[t] = map[error]string{}
		}
		all[t][err] = name
	}
	return all
}()

// sentinel returns the name of the error that an interface holds, if it is one of those.
func sentinel(v reflect.Value) (name string, ok bool) {
	if names := sentinelNames[v.Type()]; names != nil {
		name, ok = names[v.Interface().(error)]
	}
	return name, ok
}
