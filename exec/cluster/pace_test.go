//go:build unix

package cluster_test

import (
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"lockstep/exec/cluster"
)

// TestContentThatComesTooFast has a server that takes far less at a time than is sent: it refuses what comes at full speed.
func TestContentThatComesTooFast(t *testing.T) {
	s := served(t, &natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, Authorization: token, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(), StreamMaxBufferedSize: 2 << 20})
	r := rigAt(t, s.ClientURL(), cluster.Options{})
	if _, err := r.c.Load(t.Context(), cluster.Program{Data: []byte("sum"), Values: make([]byte, 8<<20)}); err != nil {
		t.Error(err)
	}
}
