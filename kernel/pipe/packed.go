package pipe

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

// Folder asks the kernel for the folder, a text, in which files for the other side are made. It goes with the session.
type Folder struct{}

// Packed is data on its way through the pipe, in parts. What is large goes by a file: the pipe is no way for it, as gob
// ends at a gigabyte and needs seconds for it.
type Packed struct {
	Sizes []int64
	Data  []byte // nil if there is a file
	File  string
}

// packedBytes is how much goes through the pipe itself.
const packedBytes = 1 << 20

// Pack packs parts. folder tells where a file may be made, and is asked only where one is needed.
func Pack(folder func() (string, error), parts ...[]byte) (p Packed, err error) {
	var size int64
	for _, part := range parts {
		p.Sizes = append(p.Sizes, int64(len(part)))
		size += int64(len(part))
	}
	if size <= packedBytes {
		p.Data = make([]byte, 0, size)
		for _, part := range parts {
			p.Data = append(p.Data, part...)
		}
		return p, nil
	}
	dir, err := folder()
	if err != nil {
		return p, err
	}
	f, err := os.CreateTemp(dir, "packed-*") // for this user alone
	if err != nil {
		return p, err
	}
	p.File = f.Name()
	w := bufio.NewWriterSize(f, packedBytes)
	for _, part := range parts {
		if _, err = w.Write(part); err != nil {
			break
		}
	}
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		_ = os.Remove(p.File)
		return Packed{}, fmt.Errorf("a file of %d bytes for another process: %w", size, err)
	}
	return p, nil
}

// Unpack returns the parts, and removes the file if there is one. It can be done once.
func (p Packed) Unpack() ([][]byte, error) {
	data := p.Data
	if p.File != "" {
		var err error
		data, err = os.ReadFile(p.File)
		_ = os.Remove(p.File)
		if err != nil {
			return nil, err
		}
	}
	parts := make([][]byte, len(p.Sizes))
	for i, size := range p.Sizes {
		if size < 0 || size > int64(len(data)) {
			return nil, fmt.Errorf("packed data ends in part %d of %d", i+1, len(p.Sizes))
		}
		parts[i], data = data[:size:size], data[size:]
	}
	return parts, nil
}

// One is Unpack of what has one part, or none: then it is nil.
func (p Packed) One() ([]byte, error) {
	parts, err := p.Unpack()
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	return parts[0], nil
}
