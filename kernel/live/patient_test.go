package live

import (
	"os"
	"testing"
	"time"
)

// A read that has waited for longer than the grace, when its deadline comes before what was written: as of a process that was
// quiet, and whose reader gets no core while it crashes.
func TestPatient(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	type got struct {
		text string
		err  error
	}
	read := make(chan got, 1)
	go func() {
		p := make([]byte, 100)
		n, err := patient{r}.Read(p)
		read <- got{string(p[:n]), err}
	}()
	time.Sleep(drainGrace + drainGrace/5) // that long is what is tried
	if err := r.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("last words"); err != nil {
		t.Fatal(err)
	}
	if g := <-read; g.text != "last words" || g.err != nil {
		t.Errorf("got %q, %v", g.text, g.err)
	}
	// Nothing more comes, though somebody holds the other end.
	if n, err := (patient{r}).Read(make([]byte, 1)); n != 0 || !os.IsTimeout(err) {
		t.Errorf("got %d bytes, %v, want a time-out", n, err)
	}
	w.Close()
}
