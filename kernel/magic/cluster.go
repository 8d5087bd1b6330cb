package magic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/pflag"

	"lockstep/exec"
	"lockstep/exec/cluster"
	"lockstep/kernel/lang"
)

// ErrNoCluster says that the session has none.
var ErrNoCluster = errors.New("there is no cluster: %cluster local 2 starts one on this machine, %cluster connect URL uses another")

// ClusterUse is how runs of the mode cluster use it.
type ClusterUse struct {
	Tags []string // that nodes must have
	Once bool     // no task may be done twice
}

// clusterFlags are those of the line magic.
type clusterFlags struct {
	slots                        int
	token, creds, nkey, ca, seed string
}

var clusterLineFlags = []string{"slots", "token-file", "creds", "nkey", "ca", "sign"}

func clusterMagic() Magic {
	return Magic{
		Name: string(exec.Cluster), Kind: Line | Cell, Group: groupMeasure,
		Summary:  "run a workload on other machines; start, choose or show the cluster",
		LineArgs: "[local N | connect URL | status | stop]",
		Text: "`%cluster local N` starts a NATS server with N node processes on this machine, `%cluster connect URL` uses a server with JetStream elsewhere, where nodes are started with `lockstep node`. " +
			"Without words it is `status`. `%%cluster` and the mode cluster of `%%compare` start two nodes here if there is no cluster yet. It ends with the kernel.\n\n" +
			"Each task is a message in a work queue: without `--tasks` the workload of each worker. A task whose worker or node is lost is done by another, three times at most; with `--idempotent=false` it is an error. " +
			"Session variables are sent by value, once to each node. Objects of package lab (Lock, Queue, …) stay with the session, and workers use them there. Workload and other flags are those of `%%compare`.",
		Examples: []string{
			"%cluster local 2 --slots 4", "%cluster connect nats://nats.example.org:4222", "%cluster status",
			"%%cluster -n 2 --tasks 20\nn := 0\nfor i := range task * 100_000 {\n\tn += i\n}\nn",
		},
		values: func() []string { return []string{"local", "connect", "status", "stop"} },
		setup: func(flags *pflag.FlagSet) runner {
			c := newComparison(flags)
			c.modes = []exec.Mode{exec.Cluster}
			c.clusterFlags(flags)
			c.otherFlags(flags)
			var f clusterFlags
			flags.Var(count{&f.slots}, "slots", "of %cluster local: worker processes of each node; as many as there are cores when not given")
			flags.StringVar(&f.token, "token-file", "", "of %cluster connect: `file` with the server's token")
			flags.StringVar(&f.creds, "creds", "", "of %cluster connect: `file` with credentials for the server, as nsc makes them")
			flags.StringVar(&f.nkey, "nkey", "", "of %cluster connect: `file` with the seed of an NKey that the server knows")
			flags.StringVar(&f.ca, "ca", "", "of %cluster connect: `file` with the certificates to trust")
			flags.StringVar(&f.seed, "sign", "", "of %cluster connect: `file` with the NKey seed to sign programs with, for nodes that trust its public key")
			for _, name := range clusterLineFlags[1:] {
				annotate(flags, name, flagFile)
			}
			return func(ctx context.Context, in *invocation) lang.Result {
				wrong := ""
				in.flags.Visit(func(g *pflag.Flag) {
					if slices.Contains(clusterLineFlags, g.Name) == (in.Kind == Cell) && wrong == "" {
						wrong = flagName(g)
					}
				})
				switch {
				case wrong != "" && in.Kind == Cell:
					return in.usage("%s is for %%cluster", wrong)
				case wrong != "":
					return in.usage("%s is for %%%%cluster", wrong)
				case in.Kind == Cell:
					return c.run(ctx, in)
				}
				return clusterLine(ctx, in, f)
			}
		},
	}
}

// clusterFlags declares the flags that only the mode cluster heeds.
func (c *comparison) clusterFlags(flags *pflag.FlagSet) {
	flags.Var(&parsed[[]string]{to: &c.tags, kind: "tags", parse: parseTags}, "tags", "in mode cluster use only nodes with these tags, separated by commas")
	flags.BoolVar(&c.idempotent, "idempotent", true, "in mode cluster a task may be done again when its worker is lost; --idempotent=false makes that an error")
}

func parseTags(s string) ([]string, error) {
	var tags []string
	for tag := range strings.SplitSeq(s, ",") {
		if tag = strings.TrimSpace(tag); tag == "" {
			return nil, fmt.Errorf("must be tags such as gpu,big, got %q", s)
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// maxNodes keeps a slip of the finger from filling the machine.
const maxNodes = 64

func clusterLine(ctx context.Context, in *invocation, f clusterFlags) lang.Result {
	word := "status"
	if len(in.args) > 0 {
		word = in.args[0]
	}
	want := map[string]int{"local": 2, "connect": 2, "status": 1, "stop": 1}
	n, ok := want[word]
	if !ok {
		return in.usage("wants local N, connect URL, status or stop, got %q%s", word, didYouMean(word, []string{"local", "connect", "status", "stop"}))
	}
	if len(in.args) > n || n == 2 && len(in.args) < 2 {
		return in.usage("%s takes %s, got %d words", word, map[string]string{"local": "a number of nodes", "connect": "a URL", "status": "nothing more", "stop": "nothing more"}[word], len(in.args)-1)
	}
	if wrong := f.misplaced(word); wrong != "" {
		return in.usage("--%s means nothing to %s", wrong, word)
	}
	var err error
	switch word {
	case "stop":
		if err = in.env.ClusterStop(ctx); err != nil {
			return in.fail(err)
		}
		in.print("the cluster is not used any more\n")
		return lang.Result{}
	case "local":
		nodes, bad := strconv.Atoi(in.args[1])
		if bad != nil || nodes < 1 || nodes > maxNodes {
			return in.usage("local wants a number of nodes from 1 to %d, got %q", maxNodes, in.args[1])
		}
		err = in.env.ClusterLocal(ctx, nodes, f.slots)
	case "connect":
		var a cluster.Access
		var seed []byte
		if a, seed, err = f.access(in.args[1]); err == nil {
			err = in.env.ClusterConnect(ctx, a, seed)
		}
		if err == nil {
			err = waitForNodes(ctx, in.env)
		}
	}
	if err != nil {
		return in.fail(err)
	}
	s, err := in.env.ClusterStatus(ctx)
	if errors.Is(err, ErrNoCluster) {
		in.print("%s\n", err)
		return lang.Result{}
	}
	if err != nil {
		return in.fail(err)
	}
	in.print("%s", clusterText(s))
	return lang.Result{}
}

// waitForNodes gives the nodes of a cluster time to answer.
func waitForNodes(ctx context.Context, env Env) error {
	for range 20 {
		s, err := env.ClusterStatus(ctx)
		if err != nil || len(s.Nodes) > 0 {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// misplaced is a flag that the word does not have.
func (f clusterFlags) misplaced(word string) string {
	if f.slots != 0 && word != "local" {
		return "slots"
	}
	for _, g := range []struct{ name, value string }{{"token-file", f.token}, {"creds", f.creds}, {"nkey", f.nkey}, {"ca", f.ca}, {"sign", f.seed}} {
		if g.value != "" && word != "connect" {
			return g.name
		}
	}
	return ""
}

func (f clusterFlags) access(url string) (a cluster.Access, seed []byte, err error) {
	a = cluster.Access{URL: url, Creds: f.creds, NKey: f.nkey, CA: f.ca}
	if f.token != "" {
		if a.Token, err = cluster.ReadSecret(f.token); err != nil {
			return a, nil, fmt.Errorf("--token-file: %w", err)
		}
	}
	if f.seed != "" {
		text, err := cluster.ReadSecret(f.seed)
		if err != nil {
			return a, nil, fmt.Errorf("--sign: %w", err)
		}
		seed = []byte(text)
	}
	return a, seed, nil
}

// clusterText shows the state of a cluster.
func clusterText(s cluster.Status) string {
	var b strings.Builder
	slots, used, inFlight, rate := 0, 0, 0, 0.0
	tagged := slices.ContainsFunc(s.Nodes, func(n cluster.NodeInfo) bool { return len(n.Tags) > 0 })
	header := []any{"node", "slots", "in use", "tasks now", "done", "tasks/s", "engine", "version"}
	if tagged {
		header = append(header, "tags")
	}
	t := newTable(header...)
	for _, n := range s.Nodes {
		engine := "interp"
		if n.Native {
			engine = "native"
		}
		version := fmt.Sprintf("%s %s %s", n.Version.Lockstep, n.Version.Go, n.Version.Platform)
		if n.Refused != "" {
			version += " (not used)"
		} else {
			slots, used = slots+n.Slots, used+n.Used
		}
		inFlight, rate = inFlight+n.InFlight, rate+n.Rate
		row := table.Row{n.Name, n.Slots, n.Used, n.InFlight, n.Done, int64(math.Round(n.Rate)), engine, version}
		if tagged {
			row = append(row, strings.Join(n.Tags, ","))
		}
		t.AppendRow(row)
	}
	fmt.Fprintf(&b, "cluster at %s: %s, %d of %s in use\n", s.URL, plural(float64(len(s.Nodes)), "node"), used, plural(float64(slots), "slot"))
	fmt.Fprintf(&b, "%s in the queue, %d of them at hand; %s done a second; %s stored\n", plural(float64(s.Waiting), "task"), min(uint64(inFlight), s.Waiting), plural(math.Round(rate), "task"), bytes(float64(s.Stored)))
	if len(s.Nodes) > 0 {
		b.WriteString(t.Render() + "\n")
	} else {
		b.WriteString("no node has said hello: start some with lockstep node --nats " + s.URL + "\n")
	}
	for _, n := range s.Nodes {
		if n.Refused != "" {
			b.WriteString("not used: " + n.Refused + "\n")
		}
	}
	return b.String()
}
