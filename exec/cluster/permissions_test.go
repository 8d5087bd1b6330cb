//go:build unix

package cluster_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"lockstep/exec/cluster"
	"lockstep/lab"
)

const documentedConfig = "../../docs/cluster/nats-server.conf"

func init() {
	programs["megabytes"] = func(int, []byte, []byte) ([]byte, error) { return make([]byte, 2<<20), nil }
}

// TestDocumentedPermissions runs a server as docs/cluster.md has it: TLS, NKeys, and what a publisher and a node may do.
func TestDocumentedPermissions(t *testing.T) {
	s := startDocumented(t)
	s.node(t, "node") // which comes first, so it makes the streams
	c, err := cluster.Connect(t.Context(), cluster.Options{Access: s.access("publisher"), Program: "1", Attempts: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	// What is small goes in messages, what is large through the object store; a task that kills its process is buried.
	for _, run := range []struct {
		program         string
		values          []byte
		tasks, failures int
	}{
		{"echo", nil, 100, 0},
		{"sum", encodeVariable(t, make([]byte, 2<<20)), 4, 0},
		{"megabytes", nil, 2, 0},
		{"poison", nil, 5, 1},
	} {
		job, err := c.Load(t.Context(), cluster.Program{Data: []byte(run.program), Values: run.values})
		if err != nil {
			t.Fatal(err)
		}
		team, err := c.Team(t.Context(), job, cluster.TeamOptions{Seats: 2, Prime: []byte("prime")})
		if err != nil {
			t.Fatal(err)
		}
		var failures []string
		err = team.Do(t.Context(), run.tasks, func(i int) (int, []byte) { return -1, number(i) }, func(x *cluster.Result) {
			if x.Failure != "" {
				failures = append(failures, x.Error)
			}
		})
		if err != nil || len(failures) != run.failures {
			t.Errorf("%s: %v, failures: got %q, want %d", run.program, err, failures, run.failures)
		}
		team.Close()
	}
	// A pool: calls of what its notes tell, results that are removed while it is open, and calls that are withdrawn.
	pool, err := c.Pool(t.Context(), cluster.PoolOptions{Seats: 2})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, c: c}
	r.wantNumbers(r.call(pool, r.load(pool, "echo", nil), cluster.SweepEvery+100))
	file := filepath.Join(t.TempDir(), "stay")
	stay := r.load(pool, "stay", nil)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- pool.Do(ctx, stay, [][]byte{[]byte(file)}, func(*cluster.Result) {}, nil) }()
	pid := await(t, "a process at a call", func() (int, bool) {
		text, err := os.ReadFile(file)
		n, _ := strconv.Atoi(string(text))
		return n, err == nil
	})
	cancel()
	<-gone
	await(t, "the end of a process whose call was withdrawn", func() (int, bool) { return 0, syscall.Kill(pid, 0) != nil })
	pool.Close()
	// Objects that are lent, with items for which messages have no room.
	q, out := lab.NewQueue(0), lab.NewQueue(0)
	l := (&rig{t: t, c: c}).lend("bulk", cluster.TeamOptions{Seats: 2}, objects{"queue": q, "out": out})
	for range 2 {
		q.Put(make([]byte, 1<<20))
	}
	l.do(2)
	if got := len(out.Get().([]byte)); got != 2<<20 {
		t.Errorf("an item of a queue: got %d bytes", got)
	}
	l.team.Close()
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("status: %v", err)
	}
	if v := s.violations(); len(v) > 0 {
		t.Errorf("the permissions lack:\n%s", strings.Join(v, "\n"))
	}
}

// TestDocumentedPermissionsRefuse checks who may not do what.
func TestDocumentedPermissionsRefuse(t *testing.T) {
	s := startDocumented(t)
	for name, access := range map[string]cluster.Access{
		"no key":      {URL: s.url, CA: s.ca},
		"a stranger":  {URL: s.url, CA: s.ca, NKey: s.seed(t, "stranger")},
		"only a name": {URL: s.url, CA: s.ca, Token: "publisher"},
	} {
		if c, err := cluster.Connect(t.Context(), cluster.Options{Access: access, Program: "1"}); err == nil {
			c.Close()
			t.Errorf("%s: was let in", name)
		} else if !errors.Is(err, nats.ErrAuthorization) || !strings.Contains(err.Error(), "does not let us in") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if c, err := cluster.Connect(t.Context(), cluster.Options{Access: cluster.Access{URL: s.url, NKey: s.access("publisher").NKey}, Program: "1"}); err == nil {
		c.Close()
		t.Error("a server whose certificate nobody vouches for was trusted")
	} else if !strings.Contains(err.Error(), "--ca FILE names the certificates to trust") {
		t.Errorf("a server whose certificate nobody vouches for: got %v", err)
	}
	if c, err := cluster.Connect(t.Context(), cluster.Options{Access: s.access("node"), Program: "1"}); err == nil {
		c.Close()
		t.Error("a node's key was taken for that of a publisher")
	} else if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), "needs the permissions of a publisher") {
		t.Errorf("a publisher with a node's key: got %v", err)
	}
	err := cluster.Run(t.Context(), cluster.NodeOptions{Access: s.access("publisher"), Name: "n", Program: "1"}, func(string) { t.Error("a publisher's key was taken for that of a node") })
	if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), "needs the permissions of a node") {
		t.Errorf("a node with a publisher's key: got %v", err)
	}
	for _, may := range []struct {
		who, subject string
		subscribe    bool
	}{
		{"node", "lockstep.node.other.prepare", false}, // give another node something to run
		{"node", "lockstep.task.run", false},
		{"node", "$JS.API.CONSUMER.CREATE.LOCKSTEP_TASKS.mine", false},
		{"node", "$JS.API.STREAM.DELETE.LOCKSTEP_TASKS", false},
		{"node", "lockstep.result.run", true}, // read what others computed
		{"node", "lockstep.ask.run", true},    // and what they do with objects of the session
		{"publisher", "lockstep.ask.run", false},
		{"publisher", "lockstep.hello", false}, // pass for a node
		{"publisher", "lockstep.result.run", false},
		{"publisher", "$JS.API.STREAM.DELETE.LOCKSTEP_TASKS", false},
	} {
		if err := s.try(t, may.who, may.subject, may.subscribe); !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s at %s (subscribe: %t): got %v, want a violation", may.who, may.subject, may.subscribe, err)
		}
	}
}

// documented is a server with the documented configuration.
type documented struct {
	url, ca string
	seeds   map[string]string // files, by who they are of

	mu  sync.Mutex
	log []string
}

func startDocumented(t *testing.T) *documented {
	t.Helper()
	dir := t.TempDir()
	s := &documented{ca: filepath.Join(dir, "server.crt"), seeds: map[string]string{}}
	text, err := os.ReadFile(documentedConfig)
	if err != nil {
		t.Fatal(err)
	}
	selfSigned(t, s.ca, filepath.Join(dir, "server.key"))
	config := string(text)
	for old, new := range map[string]string{
		"0.0.0.0:4222":         "127.0.0.1:-1",
		"/var/lib/nats":        filepath.Join(dir, "store"),
		"/etc/nats/server.crt": s.ca,
		"/etc/nats/server.key": filepath.Join(dir, "server.key"),
		"PUBLISHER_PUBLIC_KEY": s.key(t, dir, "publisher"),
		"NODE_PUBLIC_KEY":      s.key(t, dir, "node"),
	} {
		if strings.Count(config, old) != 1 {
			t.Fatalf("%s: %s occurs %d times, want once", documentedConfig, old, strings.Count(config, old))
		}
		config = strings.Replace(config, old, new, 1)
	}
	s.key(t, dir, "stranger")
	path := filepath.Join(dir, "nats-server.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := natsserver.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs = true
	n, err := natsserver.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	n.SetLoggerV2(s, false, false, false)
	n.Start()
	t.Cleanup(func() {
		n.Shutdown()
		n.WaitForShutdown()
	})
	if !n.ReadyForConnections(20 * time.Second) {
		t.Fatalf("the server takes no connections: %s", strings.Join(s.log, "\n"))
	}
	s.url = strings.Replace(n.ClientURL(), "nats://", "tls://", 1)
	return s
}

// key makes an NKey, keeps its seed in a file and returns the public half.
func (s *documented) key(t *testing.T, dir, who string) string {
	t.Helper()
	seed, public, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s.seeds[who] = filepath.Join(dir, who+".nk")
	if err := os.WriteFile(s.seeds[who], seed, 0o600); err != nil {
		t.Fatal(err)
	}
	return public
}

func (s *documented) seed(t *testing.T, who string) string {
	t.Helper()
	if s.seeds[who] == "" {
		t.Fatalf("there is no key of %s", who)
	}
	return s.seeds[who]
}

func (s *documented) access(who string) cluster.Access {
	return cluster.Access{URL: s.url, CA: s.ca, NKey: s.seeds[who]}
}

func (s *documented) node(t *testing.T, who string) {
	t.Helper()
	joinHere(t, cluster.NodeOptions{Access: s.access(who), Slots: 2})
}

// try publishes to a subject, or subscribes to it, and returns what the server says to that.
func (s *documented) try(t *testing.T, who, subject string, subscribe bool) error {
	t.Helper()
	said := make(chan error, 1)
	key, err := nats.NkeyOptionFromSeed(s.seeds[who])
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(s.url, key, nats.RootCAs(s.ca), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		select {
		case said <- err:
		default:
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if subscribe {
		_, err = conn.SubscribeSync(subject)
	} else {
		err = conn.Publish(subject, nil)
	}
	if err == nil {
		err = conn.Flush() // the server's answer to what came before is here then
	}
	if err != nil {
		return err
	}
	return conn.LastError()
}

// violations are what the server has refused.
func (s *documented) violations() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.log {
		if strings.Contains(line, "Violation") {
			all = append(all, line)
		}
	}
	return all
}

func (s *documented) note(format string, v []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, v...))
}

// The methods of a server's logger.
func (s *documented) Noticef(string, ...any)         {}
func (s *documented) Debugf(string, ...any)          {}
func (s *documented) Tracef(string, ...any)          {}
func (s *documented) Warnf(format string, v ...any)  { s.note(format, v) }
func (s *documented) Errorf(format string, v ...any) { s.note(format, v) }
func (s *documented) Fatalf(format string, v ...any) { s.note(format, v) }

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lockstep"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
