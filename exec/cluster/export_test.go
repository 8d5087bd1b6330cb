package cluster

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nkeys"

	"lockstep/exec/procs"
)

// MustNotRead checks that what is no message is an error.
func MustNotRead(t *testing.T, data []byte) {
	t.Helper()
	if x, err := decodeTask(data); err == nil {
		t.Errorf("task of %v: got %+v", data, x)
	}
	if x, err := decodeResult(data); err == nil {
		t.Errorf("result of %v: got %+v", data, x)
	}
}

// ShiftClock has a cluster believe that it is later.
func (c *Cluster) ShiftClock(d time.Duration) { c.now = func() time.Time { return time.Now().Add(d) } }

// Refusal is why a node has not carried an order out, by its answer.
func Refusal(answer []byte) (string, error) {
	var r readied
	err := decode(answer, &r)
	return r.Error, err
}

func TestMessagesComeBack(t *testing.T) {
	for _, want := range []task{{}, {Index: 7, Worker: -1, Data: []byte("data")}, {Index: 1, Worker: 3, Ref: blob{"name", 1 << 40}, Note: blob{"note", 5}}} {
		got, err := decodeTask(want.encode())
		if err != nil || !reflect.DeepEqual(got, task{want.Index, want.Worker, append([]byte{}, want.Data...), want.Ref, want.Note}) {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
	}
	want := &Result{Index: 3, Node: "a", Seat: 2, PID: 77, Attempt: 2, Elapsed: 5, Queued: 6, Value: []byte{1, 2}, Failure: "panic", Error: "e", Stack: "s",
		Output: []Text{{"stdout", "x\n"}, {"stderr", "y\n"}}, GivenUp: true, ref: blob{"r", 9}, used: &procs.Used{User: 1, System: 2, GC: 3, Ready: 4, PeakBytes: 1 << 40}, chunk: 11, fetched: 10}
	data := want.encode()
	got, err := decodeResult(data)
	if err != nil {
		t.Fatal(err)
	}
	want.bytes, got.Start = len(data), want.Start
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Result{}, blob{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// SweepEvery is how many results of a pool are read before they are removed.
const SweepEvery = sweepEvery

// SignWith has programs of the cluster signed with another key.
func (p *Pool) SignWith(seed []byte) (err error) {
	p.team.c.key, err = nkeys.FromSeed(seed)
	return err
}

// Unswept is how many results of a pool are stored.
func (p *Pool) Unswept(ctx context.Context) (int, error) {
	s, err := p.team.c.js.Stream(ctx, resultStream)
	if err != nil {
		return 0, err
	}
	return int(s.CachedInfo().State.Msgs), nil
}
