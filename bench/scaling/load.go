package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/cluster"
)

// What the cluster's messages are like: a task of a small argument, a result with the node's name and times, a
// hello with version and tags.
const (
	taskBytes   = 32
	resultBytes = 96
	helloBytes  = 350
)

// window is how many messages exec/cluster has on their way to the server at most.
const window = 256

// rig is an embedded server and connections to it.
type rig struct {
	server *cluster.Server
	token  string
}

func openRig(dir string) (*rig, error) {
	const token = "only for this measurement"
	s, err := cluster.StartServer(cluster.ServerOptions{Dir: filepath.Join(dir, "store"), Token: token})
	if err != nil {
		return nil, err
	}
	return &rig{s, token}, nil
}

func (g *rig) close() { g.server.Close() }

func (g *rig) dial() (*nats.Conn, jetstream.JetStream, error) {
	conn, err := nats.Connect(g.server.URL(), nats.Token(g.token))
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(4*window))
	return conn, js, err
}

// shard is a work queue and the stream of its results, as exec/cluster has one of each.
type shard struct {
	conn            *nats.Conn
	js              jetstream.JetStream
	tasks, results  string
	stream, outcome jetstream.Stream
	queue           jetstream.Consumer
}

func (g *rig) shard(ctx context.Context, n int) (s *shard, err error) {
	s = &shard{tasks: fmt.Sprintf("scale.task.%d", n), results: fmt.Sprintf("scale.result.%d", n)}
	if s.conn, s.js, err = g.dial(); err != nil {
		return nil, err
	}
	if s.stream, err = s.js.CreateStream(ctx, jetstream.StreamConfig{Name: fmt.Sprintf("TASKS_%d", n), Subjects: []string{s.tasks + ".*"}, Retention: jetstream.WorkQueuePolicy}); err != nil {
		return nil, err
	}
	if s.outcome, err = s.js.CreateStream(ctx, jetstream.StreamConfig{Name: fmt.Sprintf("RESULTS_%d", n), Subjects: []string{s.results + ".*"}}); err != nil {
		return nil, err
	}
	s.queue, err = s.consumer(ctx, "run")
	return s, err
}

func (s *shard) consumer(ctx context.Context, run string) (jetstream.Consumer, error) {
	return s.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: run, FilterSubject: s.tasks + "." + run, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: time.Minute, MaxDeliver: 3, MaxAckPending: 100_000})
}

// remove takes the shard away.
func (s *shard) remove(ctx context.Context) error {
	err := errors.Join(s.js.DeleteStream(ctx, s.stream.CachedInfo().Config.Name), s.js.DeleteStream(ctx, s.outcome.CachedInfo().Config.Name))
	s.conn.Close()
	return err
}

// publish stores n messages and waits for the server to have them all.
func publish(ctx context.Context, js jetstream.JetStream, subject string, n, size int) error {
	for i := range n {
		m := nats.NewMsg(subject)
		m.Header.Set(nats.MsgIdHdr, subject+strconv.Itoa(i))
		m.Data = make([]byte, size)
		if _, err := js.PublishMsgAsync(m); err != nil {
			return err
		}
		if i%window < window-1 && i < n-1 {
			continue
		}
		select {
		case <-js.PublishAsyncComplete():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// drain has takers take the n tasks that are stored, batch at a time, store a result for each and acknowledge it. It returns how
// long that took; what takers wait for after the last is not in it.
func drain(ctx context.Context, s *shard, n, takers, batch int) (took time.Duration, err error) {
	start := time.Now()
	work, end := context.WithCancel(ctx)
	defer end()
	var left atomic.Int64
	left.Store(int64(n))
	errs := make([]error, takers)
	var all sync.WaitGroup
	for t := range takers {
		all.Go(func() {
			for work.Err() == nil && errs[t] == nil {
				var done int
				done, errs[t] = take(ctx, work, s, batch)
				if done > 0 && left.Add(-int64(done)) == 0 {
					took = time.Since(start)
				}
				if left.Load() <= 0 || errs[t] != nil {
					end()
				}
			}
		})
	}
	all.Wait()
	return took, errors.Join(append(errs, context.Cause(ctx))...)
}

// take does what tasks there are, or waits for one until work ends.
func take(ctx, work context.Context, s *shard, batch int) (n int, err error) {
	msgs, err := s.queue.FetchNoWait(batch)
	if err != nil {
		return 0, err
	}
	done := collect(msgs)
	if len(done) == 0 {
		// A consumer learns of stored messages a moment later, so there may be some all the same.
		wait, stop := context.WithTimeout(work, 50*time.Millisecond)
		defer stop()
		if msgs, err = s.queue.Fetch(1, jetstream.FetchContext(wait)); err != nil {
			return 0, err
		}
		done = collect(msgs)
	}
	return len(done), store(ctx, s, done)
}

func collect(msgs jetstream.MessageBatch) (all []jetstream.Msg) {
	for m := range msgs.Messages() {
		all = append(all, m)
	}
	return all
}

// store stores results and acknowledges their tasks, as a seat of a node does.
func store(ctx context.Context, s *shard, done []jetstream.Msg) error {
	futures := make([]jetstream.PubAckFuture, len(done))
	for i, m := range done {
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		r := nats.NewMsg(s.results + ".run")
		r.Header.Set(nats.MsgIdHdr, s.results+strconv.FormatUint(meta.Sequence.Stream, 10))
		r.Data = make([]byte, resultBytes)
		if futures[i], err = s.js.PublishMsgAsync(r); err != nil {
			return err
		}
	}
	for i, f := range futures {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := done[i].Ack(); err != nil {
			return err
		}
	}
	return nil
}

// rates are what a server does in a second.
type rates struct{ publish, finish float64 }

// streams measures n streams side by side: tasks stored, then taken in batches, answered and acknowledged.
func (g *rig) streams(ctx context.Context, n, tasks int) (r rates, err error) {
	shards := make([]*shard, n)
	for i := range shards {
		if shards[i], err = g.shard(ctx, i); err != nil {
			return r, err
		}
	}
	each := tasks / n
	// side returns how many tasks a second come of doing something with all shards at once.
	side := func(f func(s *shard) (time.Duration, error)) (float64, error) {
		errs, took := make([]error, n), make([]time.Duration, n)
		var all sync.WaitGroup
		for i, s := range shards {
			all.Go(func() { took[i], errs[i] = f(s) })
		}
		all.Wait()
		return float64(each*n) / slices.Max(took).Seconds(), errors.Join(errs...)
	}
	if r.publish, err = side(func(s *shard) (time.Duration, error) {
		start := time.Now()
		err := publish(ctx, s.js, s.tasks+".run", each, taskBytes)
		return time.Since(start), err
	}); err != nil {
		return r, err
	}
	if r.finish, err = side(func(s *shard) (time.Duration, error) { return drain(ctx, s, each, 2, window) }); err != nil {
		return r, err
	}
	for _, s := range shards {
		err = errors.Join(err, s.remove(ctx))
	}
	return r, err
}

// singly measures tasks that are taken one at a time, by so many takers at once.
func (g *rig) singly(ctx context.Context, takers, tasks int) (rate float64, err error) {
	s, err := g.shard(ctx, 0)
	if err != nil {
		return 0, err
	}
	if err := publish(ctx, s.js, s.tasks+".run", tasks, taskBytes); err != nil {
		return 0, err
	}
	took, err := drain(ctx, s, tasks, takers, 1)
	return float64(tasks) / took.Seconds(), errors.Join(err, s.remove(ctx))
}

// idle is what consumers cost that nobody asks for anything.
type idle struct {
	create time.Duration // each
	finish float64       // tasks a second of the one run that works
	bytes  int64         // of memory, each
}

// idle measures a stream with n consumers of other runs.
func (g *rig) idle(ctx context.Context, n, tasks int) (r idle, err error) {
	s, err := g.shard(ctx, 0)
	if err != nil {
		return r, err
	}
	before, start := memory(), time.Now()
	for i := range n {
		if _, err := s.consumer(ctx, "idle"+strconv.Itoa(i)); err != nil {
			return r, fmt.Errorf("consumer %d: %w", i+1, err)
		}
	}
	if n > 0 {
		r.create = time.Since(start) / time.Duration(n)
		r.bytes = max(0, memory()-before) / int64(n)
	}
	if err := publish(ctx, s.js, s.tasks+".run", tasks, taskBytes); err != nil {
		return r, err
	}
	took, err := drain(ctx, s, tasks, 2, window)
	r.finish = float64(tasks) / took.Seconds()
	return r, errors.Join(err, s.remove(ctx))
}

// memory is the memory in use; the server is in this process.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// prolongs measures how often in a second leases can be prolonged.
func (g *rig) prolongs(ctx context.Context, n int) (float64, error) {
	s, err := g.shard(ctx, 0)
	if err != nil {
		return 0, err
	}
	const held = 100
	if err := publish(ctx, s.js, s.tasks+".run", held, taskBytes); err != nil {
		return 0, err
	}
	var all []jetstream.Msg
	for len(all) < held && ctx.Err() == nil {
		msgs, err := s.queue.Fetch(held - len(all))
		if err != nil {
			return 0, err
		}
		all = append(all, collect(msgs)...)
	}
	start := time.Now()
	for i := range n {
		if err := all[i%held].InProgress(); err != nil {
			return 0, err
		}
	}
	// Its answer says that all before it were seen: a consumer takes them in order.
	if err := all[0].DoubleAck(ctx); err != nil {
		return 0, err
	}
	rate := float64(n) / time.Since(start).Seconds()
	return rate, s.remove(ctx)
}

// hellos measures how many messages of nodes a second come through to each of some kernels.
func (g *rig) hellos(kernels, n int) (float64, error) {
	conn, _, err := g.dial()
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var all sync.WaitGroup
	for range kernels {
		k, _, err := g.dial()
		if err != nil {
			return 0, err
		}
		defer k.Close()
		seen := 0
		all.Add(1)
		sub, err := k.Subscribe("scale.hello", func(*nats.Msg) {
			if seen++; seen == n {
				all.Done()
			}
		})
		if err == nil {
			err = errors.Join(sub.SetPendingLimits(-1, -1), k.Flush())
		}
		if err != nil {
			return 0, err
		}
	}
	data := make([]byte, helloBytes)
	start := time.Now()
	for range n {
		if err := conn.Publish("scale.hello", data); err != nil {
			return 0, err
		}
	}
	all.Wait()
	return float64(n) / time.Since(start).Seconds(), nil
}
