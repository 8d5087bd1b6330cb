package run

import (
	"path/filepath"
	"runtime"

	"lockstep/kernel/wire"
)

// maxSocketPath is the longest path of a Unix socket that all systems take:
// macOS has 104 bytes with the final zero, Linux 108.
const maxSocketPath = 103

// connection says where a new kernel is to listen: on Unix sockets in dir, which
// no other user can enter, and on TCP where there are none or dir is too long.
func connection(dir string) wire.ConnectionInfo {
	info := wire.NewConnectionInfo()
	base := filepath.Join(dir, "kernel")
	if runtime.GOOS != "windows" && len(base)+len("-65535") <= maxSocketPath {
		info.Transport, info.IP = wire.IPC, base
	}
	return info
}
