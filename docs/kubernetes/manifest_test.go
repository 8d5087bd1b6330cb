// Package kubernetes checks the manifests of this folder. It is a module of its own, so that the program does
// not depend on the types of Kubernetes.
package kubernetes

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// objects are what the manifests hold.
type objects struct {
	stateful *apps.StatefulSet
	nodes    *apps.Deployment
	service  *core.Service
	fence    *networking.NetworkPolicy
}

// decode reads a document into its type; a field that the type does not have, or that is there twice, is an error.
func (o *objects) decode(t *testing.T, file string, document []byte) {
	t.Helper()
	var what meta.TypeMeta
	if err := yaml.Unmarshal(document, &what); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var to any
	switch what.APIVersion + " " + what.Kind {
	case "apps/v1 StatefulSet":
		o.stateful = &apps.StatefulSet{}
		to = o.stateful
	case "apps/v1 Deployment":
		o.nodes = &apps.Deployment{}
		to = o.nodes
	case "v1 Service":
		o.service = &core.Service{}
		to = o.service
	case "networking.k8s.io/v1 NetworkPolicy":
		o.fence = &networking.NetworkPolicy{}
		to = o.fence
	default:
		t.Fatalf("%s: this test does not know %s of %s", file, what.Kind, what.APIVersion)
	}
	if err := yaml.UnmarshalStrict(document, to); err != nil {
		t.Fatalf("%s: %s: %v", file, what.Kind, err)
	}
}

func read(t *testing.T) objects {
	t.Helper()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("manifests: got %v, %v", files, err)
	}
	var o objects
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range bytes.Split(text, []byte("\n---\n")) {
			o.decode(t, file, document)
		}
	}
	if o.stateful == nil || o.nodes == nil || o.service == nil || o.fence == nil {
		t.Fatalf("an object is missing: %+v", o)
	}
	return o
}

func TestWrongFieldsAreErrors(t *testing.T) {
	for _, wrong := range []string{"spec:\n  replica: 4\n", "spec:\n  replicas: 4\n  replicas: 5\n", "spec:\n  replicas: many\n"} {
		if err := yaml.UnmarshalStrict([]byte(wrong), &apps.Deployment{}); err == nil {
			t.Errorf("taken: %q", wrong)
		}
	}
}

func TestObjectsFindEachOther(t *testing.T) {
	o := read(t)
	for name, pair := range map[string][2]map[string]string{
		"service → nats":  {o.service.Spec.Selector, o.stateful.Spec.Template.Labels},
		"stateful set":    {o.stateful.Spec.Selector.MatchLabels, o.stateful.Spec.Template.Labels},
		"deployment":      {o.nodes.Spec.Selector.MatchLabels, o.nodes.Spec.Template.Labels},
		"policy → nodes":  {o.fence.Spec.PodSelector.MatchLabels, o.nodes.Spec.Template.Labels},
		"policy: to nats": {o.fence.Spec.Egress[0].To[0].PodSelector.MatchLabels, o.stateful.Spec.Template.Labels},
	} {
		if len(pair[0]) == 0 {
			t.Errorf("%s selects everything", name)
		}
		for key, value := range pair[0] {
			if pair[1][key] != value {
				t.Errorf("%s: wants %s=%s, the pods have %q", name, key, value, pair[1][key])
			}
		}
	}
	if o.stateful.Spec.ServiceName != o.service.Name {
		t.Errorf("stateful set's service: got %s, want %s", o.stateful.Spec.ServiceName, o.service.Name)
	}
	node := o.nodes.Spec.Template.Spec.Containers[0]
	if want := "--nats=tls://" + o.service.Name + ":4222"; !slices.Contains(node.Args, want) {
		t.Errorf("the node's arguments lack %s: %v", want, node.Args)
	}
	for _, port := range []int32{o.service.Spec.Ports[0].Port, o.fence.Spec.Egress[0].Ports[0].Port.IntVal, o.stateful.Spec.Template.Spec.Containers[0].Ports[0].ContainerPort} {
		if port != 4222 {
			t.Errorf("port: got %d, want 4222", port)
		}
	}
}

// TestPods checks what every pod here has to have.
func TestPods(t *testing.T) {
	o := read(t)
	for name, pod := range map[string]core.PodSpec{"nats": o.stateful.Spec.Template.Spec, "node": o.nodes.Spec.Template.Spec} {
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
			t.Errorf("%s: gets a token of the cluster's API", name)
		}
		s := pod.SecurityContext
		if s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0 || s.SeccompProfile == nil {
			t.Errorf("%s: security context %+v", name, s)
		}
		volumes := map[string]bool{}
		for _, v := range pod.Volumes {
			volumes[v.Name] = true
		}
		if name == "nats" {
			for _, v := range o.stateful.Spec.VolumeClaimTemplates {
				volumes[v.Name] = true
			}
		}
		for _, c := range pod.Containers {
			if s := c.SecurityContext; s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
				s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) {
				t.Errorf("%s: security context of %s: %+v", name, c.Name, s)
			}
			if c.LivenessProbe == nil || c.ReadinessProbe == nil {
				t.Errorf("%s: %s has no probes", name, c.Name)
			}
			if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() {
				t.Errorf("%s: resources of %s: %+v", name, c.Name, c.Resources)
			}
			if c.Resources.Requests.Memory().Cmp(*c.Resources.Limits.Memory()) > 0 {
				t.Errorf("%s: %s asks for more memory than it may have", name, c.Name)
			}
			for _, m := range c.VolumeMounts {
				if !volumes[m.Name] {
					t.Errorf("%s: %s mounts %s, which is no volume", name, c.Name, m.Name)
				}
				delete(volumes, m.Name)
			}
		}
		if len(volumes) > 0 {
			t.Errorf("%s: volumes that nobody mounts: %v", name, volumes)
		}
	}
}

// TestFilesAndFlags checks that what the containers are told to read is mounted there, and that the program has the flags.
func TestFilesAndFlags(t *testing.T) {
	o := read(t)
	nats := o.stateful.Spec.Template.Spec
	config := file(t, "../cluster/nats-server.conf")
	mounted := map[string]bool{}
	for _, source := range nats.Volumes[0].Projected.Sources {
		var items []core.KeyToPath
		if source.ConfigMap != nil {
			items = append(items, source.ConfigMap.Items...)
		}
		if source.Secret != nil {
			items = append(items, source.Secret.Items...)
		}
		for _, i := range items {
			mounted["/etc/nats/"+i.Path] = true
		}
	}
	for _, path := range append(regexp.MustCompile(`/etc/nats/[\w.]+`).FindAllString(config, -1), nats.Containers[0].Args[1]) {
		if !mounted[path] {
			t.Errorf("nats reads %s, which is not mounted: %v", path, mounted)
		}
	}
	if store := regexp.MustCompile(`store_dir: (\S+)`).FindStringSubmatch(config); store == nil || !slices.ContainsFunc(nats.Containers[0].VolumeMounts, func(m core.VolumeMount) bool { return m.MountPath == store[1] }) {
		t.Errorf("the store of the configuration, %v, is no volume", store)
	}
	version := regexp.MustCompile(`nats-server/v2 v(\S+)`).FindStringSubmatch(file(t, "../../go.mod"))
	if want := "nats:" + version[1]; nats.Containers[0].Image != want {
		t.Errorf("server: got %s, want what the program is tested with, %s", nats.Containers[0].Image, want)
	}

	node := o.nodes.Spec.Template.Spec
	mounted = map[string]bool{}
	for _, i := range node.Volumes[0].Secret.Items {
		mounted["/etc/lockstep/"+i.Path] = true
	}
	if node.Containers[0].Args[0] != "node" {
		t.Fatalf("command: got %v", node.Containers[0].Args)
	}
	help, err := exec.Command("go", "run", "-C", "../..", ".", "node", "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("lockstep node --help: %v\n%s", err, help)
	}
	for _, arg := range node.Containers[0].Args[1:] {
		flag, value, _ := strings.Cut(arg, "=")
		if !regexp.MustCompile(`(?m)^\s+(-\w, )?` + flag + `\s`).Match(help) {
			t.Errorf("lockstep node has no flag %s:\n%s", flag, help)
		}
		if strings.HasPrefix(value, "/etc/") && !mounted[value] {
			t.Errorf("%s: %s is not mounted: %v", flag, value, mounted)
		}
	}
}

func file(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
