package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// secrets looks for what others may not have: the kernel's key, its sockets, and files that they could read.
var secrets = trial{"secrets", "kernels, looked at from outside", 1, 20, func(ctx context.Context, b *bed, n int, t *tally) error {
	if runtime.GOOS != "linux" {
		t.note("not tried: other systems do not show the files of a process in /proc")
		return nil
	}
	for range n {
		k, err := b.start(ctx)
		if err != nil {
			return err
		}
		err = look(ctx, k, t)
		k.Kill()
		if err != nil {
			return err
		}
	}
	return nil
}}

func look(ctx context.Context, k *client.Kernel, t *tally) error {
	for _, code := range []string{"kept := 5", "panic(1)", "%%subprocess -n 1 -r 1\nkept"} {
		if _, err := execute(ctx, k, code); err != nil {
			return err
		}
	}
	// What is rightly signed and wrong is what a log is written for.
	if _, err := k.Client.Request(wire.Shell, wire.HistoryRequest, map[string]any{"n": "many"}); err != nil {
		return err
	}
	if _, err := execute(ctx, k, "kept"); err != nil { // by then the log has it
		return err
	}
	all, err := processes(ctx, k)
	if err != nil {
		return err
	}
	if len(all) < 2 {
		return errors.New("the kernel has no session process")
	}
	for i, p := range all {
		proc := filepath.Join("/proc", strconv.Itoa(int(p.Pid)))
		for _, file := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join(proc, file))
			if err == nil && bytes.Contains(text, []byte(k.Info.Key)) {
				err = errors.New("the key is in it")
			}
			t.check(file+" of a process", err)
		}
		if i > 0 {
			t.check("descriptors of a session", socketless(filepath.Join(proc, "fd")))
		}
	}
	return filepath.WalkDir(k.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.Name() == client.LogFile { // which is ours
			text, err := os.ReadFile(path)
			if err == nil && bytes.Contains(text, []byte(k.Info.Key)) {
				err = errors.New("the key is in it")
			}
			t.check("the log", err)
			return nil
		}
		if info.Mode().Perm()&0o077 != 0 {
			err = fmt.Errorf("others may use it: %v", info.Mode())
		}
		t.check(path, err)
		return nil
	})
}

// socketless reports an error if a process has a socket.
func socketless(dir string) error {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		if to, err := os.Readlink(filepath.Join(dir, f.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			return fmt.Errorf("descriptor %s is a socket", f.Name())
		}
	}
	return err
}
