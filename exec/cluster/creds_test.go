//go:build unix

package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"lockstep/exec/cluster"
)

// TestCredentials has a server whose accounts an operator keeps, and files of credentials as nsc makes them.
func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	operator, operatorKey := newPair(t, nkeys.CreateOperator)
	_, systemKey := newPair(t, nkeys.CreateAccount)
	account, accountKey := newPair(t, nkeys.CreateAccount)
	stranger, _ := newPair(t, nkeys.CreateAccount)
	accounts := &natsserver.MemAccResolver{}
	for _, key := range []string{systemKey, accountKey} {
		claims := jwt.NewAccountClaims(key)
		if key == accountKey {
			claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
		}
		text, err := claims.Encode(operator)
		if err == nil {
			err = accounts.Store(key, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s := served(t, &natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: filepath.Join(dir, "store"),
		TrustedOperators: []*jwt.OperatorClaims{jwt.NewOperatorClaims(operatorKey)}, AccountResolver: accounts, SystemAccount: systemKey})
	access := func(name string, by nkeys.KeyPair) cluster.Access {
		user, userKey := newPair(t, nkeys.CreateUser)
		seed, err := user.Seed()
		if err != nil {
			t.Fatal(err)
		}
		text, err := jwt.NewUserClaims(userKey).Encode(by)
		if err != nil {
			t.Fatal(err)
		}
		creds, err := jwt.FormatUserConfig(text, seed)
		file := filepath.Join(dir, name+".creds")
		if err == nil {
			err = os.WriteFile(file, creds, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return cluster.Access{URL: s.ClientURL(), Creds: file}
	}
	if c, err := cluster.Connect(t.Context(), cluster.Options{Access: access("stranger", stranger), Program: "1"}); !errors.Is(err, nats.ErrAuthorization) || !strings.Contains(err.Error(), "the server does not let us in") {
		t.Errorf("credentials of another account: got %v, %v", c, err)
	}
	joinHere(t, cluster.NodeOptions{Access: access("node", account), Slots: 1})
	r := rigAt(t, s.ClientURL(), cluster.Options{Access: access("publisher", account)})
	if err := r.c.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 20, number))
}

func newPair(t *testing.T, create func() (nkeys.KeyPair, error)) (pair nkeys.KeyPair, public string) {
	t.Helper()
	pair, err := create()
	if err == nil {
		public, err = pair.PublicKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return pair, public
}
