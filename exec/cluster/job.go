package cluster

import (
	"context"
	"fmt"
	"lockstep/exec/procs"
	"os"
)

// Program is what nodes are to run, as package procs has it: data that the load function of their
// worker processes understands, and values of its variables.
type Program struct {
	Data, Values []byte
	// Files are compiled units. On a node they are in the folder that [procs.FilesVariable] names, each under
	// the SHA-256 sum of its content in hexadecimal digits.
	Files []string
	// Host is the program that can load the files. Without files any node's will do.
	Host string
}

// Job is a program that the object store has.
type Job struct {
	c               *Cluster
	program, values blob
	files           []blob
	host            string
	note            blob // of a pool's; see note
	sent            int64
}

// Sent is how many bytes had to be stored for it.
func (j *Job) Sent() int64 { return j.sent }

// Load stores what nodes need of a program, unless it is there already. The error may be a *[StoreError].
func (c *Cluster) Load(ctx context.Context, p Program) (*Job, error) {
	j := &Job{c: c}
	share := func(to *blob, data []byte) error {
		b, n, err := c.blobs.share(ctx, data)
		*to, j.sent = b, j.sent+n
		return err
	}
	if err := share(&j.program, p.Data); err != nil {
		return nil, err
	}
	if len(p.Values) > 0 {
		if err := share(&j.values, p.Values); err != nil {
			return nil, err
		}
	}
	j.files = make([]blob, len(p.Files))
	for i, f := range p.Files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("a compiled unit: %w", err)
		}
		if err := share(&j.files[i], data); err != nil {
			return nil, err
		}
	}
	if len(p.Files) > 0 {
		var err error
		if j.host, err = procs.SumFile(p.Host); err != nil {
			return nil, fmt.Errorf("the program that loads compiled units: %w", err)
		}
	}
	return j, nil
}
