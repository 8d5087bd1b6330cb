package cluster

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Protocol changes with everything that a cluster and its nodes say to each other.
const Protocol = 5

// Streams and buckets of a cluster.
const (
	taskStream   = "LOCKSTEP_TASKS"   // a work queue
	resultStream = "LOCKSTEP_RESULTS" // read by who asked
	deadStream   = "LOCKSTEP_DEAD"    // tasks that were given up
	blobBucket   = "LOCKSTEP_BLOBS"   // programs, variables, by their hashes; large arguments and results
)

// Subjects. A run's id stands where the star is.
const (
	taskSubject   = "lockstep.task."   // *
	resultSubject = "lockstep.result." // *
	deadSubject   = "lockstep.dead."   // *
	pulseSubject  = "lockstep.pulse"   // from who has runs: which are alive
	helloSubject  = "lockstep.hello"   // from nodes, at regular times
	whoSubject    = "lockstep.who"     // asks nodes to say hello at once
	nodeSubject   = "lockstep.node."   // NODE.prepare, NODE.end, NODE.withdraw, NODE.answer
	askSubject    = "lockstep.ask."    // *, what worker processes ask who has the run
	advisory      = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + taskStream + "."
)

// Times. The lease is an option.
const (
	pulseEvery = time.Second
	// silence is how long a node may say nothing before its seats go to others, and a run before
	// nodes drop it.
	silence   = 4 * pulseEvery
	retryWait = 50 * time.Millisecond
)

// inlineBytes is the largest value that goes in a message; servers take 1 MB unless told otherwise.
const inlineBytes = 512 << 10

// Version is what a node and a cluster compare: programs and values of one may mean nothing to another.
type Version struct {
	Lockstep string // of the program
	Protocol int
	Go       string
	Platform string // "linux/amd64"
}

// ThisVersion is that of this process, whose program has a version of its own.
func ThisVersion(program string) Version {
	return Version{program, Protocol, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
}

func (v Version) String() string {
	return fmt.Sprintf("lockstep %s (protocol %d, %s)", v.Lockstep, v.Protocol, v.Go)
}

// serves reports whether a node of version v can do tasks of a cluster of version o.
func (v Version) serves(o Version) bool {
	return v.Lockstep == o.Lockstep && v.Protocol == o.Protocol && v.Go == o.Go
}

// VersionError is a node that does not fit its cluster.
type VersionError struct {
	Node      string
	Has, Want Version
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("node %s is %v, the cluster %v: they must be of one version", e.Node, e.Has, e.Want)
}

// layout makes the streams and buckets that are missing. maxBytes bounds the object store; 0 is no bound.
func layout(ctx context.Context, js jetstream.JetStream, maxBytes int64) (jetstream.ObjectStore, error) {
	for _, c := range []jetstream.StreamConfig{
		{Name: taskStream, Subjects: []string{taskSubject + "*"}, Retention: jetstream.WorkQueuePolicy, MaxAge: 24 * time.Hour},
		{Name: resultStream, Subjects: []string{resultSubject + "*"}, MaxAge: 24 * time.Hour},
		{Name: deadStream, Subjects: []string{deadSubject + "*", advisory + "*"}, MaxAge: 7 * 24 * time.Hour},
	} {
		if _, err := js.CreateStream(ctx, c); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil, fmt.Errorf("stream %s: %w", c.Name, explain(err))
		}
	}
	blobs, err := js.ObjectStore(ctx, blobBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		blobs, err = js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: blobBucket, TTL: 24 * time.Hour, MaxBytes: maxBytes})
	}
	if err != nil {
		return nil, fmt.Errorf("object store %s: %w", blobBucket, explain(err))
	}
	return blobs, nil
}

// explain says what to do about an error of the server.
func explain(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("the server has no JetStream: start it with nats-server -js (%w)", err)
	case errors.Is(err, nats.ErrAuthorization):
		return fmt.Errorf("the server does not let us in: give it the right token or credentials (%w)", err)
	case errors.Is(err, nats.ErrNoServers):
		return fmt.Errorf("no NATS server answers there: start it, or look at the address (%w)", err)
	}
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return fmt.Errorf("nobody whom we trust has signed the server's certificate: --ca FILE names the certificates to trust (%w)", err)
	}
	return err
}

// hash names content.
func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
