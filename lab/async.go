package lab

import (
	"iter"
	"time"
)

// AsyncResult is what a call, or a Map, in the processes of a [Pool] will have come to.
type AsyncResult struct {
	batch *batch
	err   error // where there is no batch: why
}

func failed(err error) *AsyncResult { return &AsyncResult{err: err} }

// Get waits for the result and returns it; see [Pool.Apply] and [Pool.Map].
func (r *AsyncResult) Get() (any, error) {
	v, _, err := r.get(forever)
	return v, err
}

// GetTimeout is Get that gives up after d. ok reports whether there is a result.
func (r *AsyncResult) GetTimeout(d time.Duration) (value any, ok bool, err error) {
	return r.get(max(d, 0))
}

// Wait waits for the result for at most d, and reports whether it is there.
func (r *AsyncResult) Wait(d time.Duration) bool {
	_, ok, _ := r.get(max(d, 0))
	return ok
}

// Ready reports whether the result is there.
func (r *AsyncResult) Ready() bool { return r.Wait(0) }

// Successful reports whether the result is there and has no error.
func (r *AsyncResult) Successful() bool {
	_, ok, err := r.get(0)
	return ok && err == nil
}

func (r *AsyncResult) get(limit time.Duration) (any, bool, error) {
	if r.batch == nil {
		return nil, true, r.err
	}
	if !r.batch.await(limit, r.batch.isDone) {
		return nil, false, nil
	}
	v, err := r.batch.result()
	return v, true, err
}

// await waits until ready, which is called with the pool locked. If the cell is
// interrupted meanwhile, the calls are given up.
func (b *batch) await(limit time.Duration, ready func() bool) (ok bool) {
	over := false
	defer func() {
		if !over {
			b.pool.abandon(b)
		}
	}()
	b.pool.o.lock()
	ok = wait{on: &b.pool.o, line: waiters, limit: limit, ready: ready}.do(here())
	over = true
	return ok
}

// IMap is Map whose results come one by one, in the order of the items, as soon as they
// are there. Each process gets chunk items at a time; without chunk, one. A loop over them that ends early gives
// the other items up.
func (p *Pool) IMap(f, items any, chunk ...int) iter.Seq2[any, error] {
	return p.mapped("Pool.IMap", f, items, chunk, 0).each(func(_ *batch, n int) int { return n })
}

// IMapUnordered is IMap whose results come in the order in which they are done.
func (p *Pool) IMapUnordered(f, items any, chunk ...int) iter.Seq2[any, error] {
	return p.mapped("Pool.IMapUnordered", f, items, chunk, 0).each(func(b *batch, n int) int {
		if n < len(b.order) {
			return b.order[n]
		}
		return -1
	})
}

// each goes over the results; which tells the n-th, -1 as long as that is not known.
func (r *AsyncResult) each(which func(b *batch, n int) int) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		b := r.batch
		if b == nil {
			yield(nil, r.err)
			return
		}
		over := false
		defer func() {
			if !over {
				b.pool.abandon(b)
			}
		}()
		for n := range b.call {
			i := -1
			b.await(forever, func() bool {
				i = which(b, n)
				return i >= 0 && b.done[i]
			})
			if !yield(b.values[i], b.errs[i]) {
				return
			}
		}
		over = true
	}
}
