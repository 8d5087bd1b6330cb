package pipe

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

func TestPacked(t *testing.T) {
	dir := t.TempDir()
	folder := func() (string, error) { return dir, nil }
	large := bytes.Repeat([]byte{7}, packedBytes)
	for name, parts := range map[string][][]byte{"nothing": {}, "small": {[]byte("a"), {}, []byte("bc")}, "large": {[]byte("a"), large, []byte("b")}} {
		p, err := Pack(folder, parts...)
		if err != nil || (p.File != "") != (name == "large") {
			t.Fatalf("%s: got file %q, %v", name, p.File, err)
		}
		got, err := p.Unpack()
		if err != nil || len(got) != len(parts) {
			t.Fatalf("%s: got %d parts, %v", name, len(got), err)
		}
		for i := range parts {
			if !bytes.Equal(got[i], parts[i]) {
				t.Errorf("%s: part %d differs", name, i)
			}
		}
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("files are left: %v, %v", left, err)
	}
	if _, err := (Packed{Sizes: []int64{2}, Data: []byte("a")}).Unpack(); err == nil {
		t.Error("what is too short was unpacked")
	}
	none := errors.New("no folder")
	if _, err := Pack(func() (string, error) { return "", none }, large, large); !errors.Is(err, none) {
		t.Errorf("got %v, want %v", err, none)
	}
}
