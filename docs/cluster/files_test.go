// Package cluster_test checks the files of this folder that docs/cluster.md tells to use. What the server's
// permissions allow is tested in exec/cluster.
package cluster_test

import (
	"bufio"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var units = []string{"nats-server.service", "lockstep-node.service"}

// directives are those of systemd.unit, systemd.service, systemd.exec, systemd.kill and systemd.resource-control that the
// units use, with what their values look like. It is for machines without systemd.
var directives = map[string]map[string]string{
	"Unit": {"Description": `.+`, "Documentation": `https://\S+`, "After": `\S+\.target`, "Wants": `\S+\.target`},
	"Service": {
		"ExecStart": `/usr/local/bin/\S+ .+`, "ExecReload": `/\S+ .+`, "Restart": `on-failure|always`, "RestartSec": `\d+s`, "TimeoutStopSec": `\d+s`,
		"EnvironmentFile": `/etc/\S+`, "Environment": `([A-Z_]+=\S+ ?)+`, "LoadCredential": `\w+:/etc/\S+`, "KillMode": `control-group`, "OOMPolicy": `continue|stop|kill`,
		"User": `\w+`, "Group": `\w+`, "DynamicUser": yes, "StateDirectory": `\w+`, "StateDirectoryMode": `0[0-7]{3}`, "CacheDirectory": `\w+`,
		"LimitNOFILE": `\d+`, "MemoryMax": `\d+%`, "MemorySwapMax": `\d+`, "TasksMax": `\d+`, "CPUWeight": `\d+`,
		"NoNewPrivileges": yes, "CapabilityBoundingSet": ``, "ProtectSystem": `strict|full`, "ProtectHome": yes, "PrivateTmp": yes, "PrivateDevices": yes, "ProtectProc": `invisible`,
		"ProtectKernelTunables": yes, "ProtectKernelModules": yes, "ProtectControlGroups": yes, "RestrictSUIDSGID": yes, "RestrictNamespaces": yes, "LockPersonality": yes,
		"RestrictAddressFamilies": `(AF_\w+ ?)+`,
	},
	"Install": {"WantedBy": `multi-user\.target`},
}

const yes = `yes`

func TestUnitsAreWellFormed(t *testing.T) {
	for _, unit := range units {
		for _, wrong := range wrongLines(read(t, unit)) {
			t.Errorf("%s: %s", unit, wrong)
		}
	}
	for _, wrong := range []string{"[Unit]\nDescrption=x", "Restart=always", "[Service]\nRestart=sometimes", "[Service]\nWantedBy=multi-user.target", "[Service]\nPrivateTmp"} {
		if len(wrongLines(wrong)) == 0 {
			t.Errorf("taken: %q", wrong)
		}
	}
}

// wrongLines are those of a unit that are no section, no comment and no known directive with a value that it may have.
func wrongLines(text string) (wrong []string) {
	section := ""
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		line := s.Text()
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		pattern, known := directives[section][name]
		if !ok || !known || !regexp.MustCompile(`^(`+pattern+`)$`).MatchString(value) {
			wrong = append(wrong, "["+section+"] "+line)
		}
	}
	return wrong
}

// TestSystemdTakesUnits asks systemd itself. Programs that it would not find here are replaced by one that is.
func TestSystemdTakesUnits(t *testing.T) {
	verify, err := osexec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here; TestUnitsAreWellFormed has looked at the units")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile(`(?m)^(ExecStart|ExecReload)=\S+`)
	check := func(unit, text string) string {
		path := filepath.Join(t.TempDir(), unit)
		if err := os.WriteFile(path, []byte(program.ReplaceAllString(text, "$1="+self)), 0o644); err != nil {
			t.Fatal(err)
		}
		said, err := osexec.Command(verify, "verify", "--man=no", path).CombinedOutput()
		if err != nil {
			return err.Error() + "\n" + string(said)
		}
		return string(said)
	}
	for _, unit := range units {
		if said := check(unit, read(t, unit)); said != "" {
			t.Errorf("%s: %s", unit, said)
		}
		// It warns of what it does not know, so no output means that all is known.
		if said := check(unit, read(t, unit)+"Unknown=yes\n"); !strings.Contains(said, "Unknown") {
			t.Errorf("%s with an unknown directive: got %q", unit, said)
		}
	}
}

// TestGuideHasTheConfiguration compares what is printed with the file that is tested.
func TestGuideHasTheConfiguration(t *testing.T) {
	guide := read(t, "../cluster.md")
	if !strings.Contains(guide, "```conf\n"+read(t, "nats-server.conf")+"```\n") {
		t.Error("docs/cluster.md does not print nats-server.conf as it is")
	}
	for _, m := range regexp.MustCompile(`nats-server/v2@v(\S+)`).FindAllStringSubmatch(guide, -1) {
		if !strings.Contains(read(t, "../../go.mod"), "nats-server/v2 v"+m[1]+"\n") {
			t.Errorf("docs/cluster.md has nats-server %s installed, which is not the version of go.mod", m[1])
		}
	}
}

// TestFlags checks that the program has the flags that the guide and the unit give to a node.
func TestFlags(t *testing.T) {
	help, err := osexec.Command("go", "run", "../..", "node", "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("lockstep node --help: %v\n%s", err, help)
	}
	has := regexp.MustCompile(`(?m)^\s+(?:-\w, )?(--\w[\w-]*)`).FindAllStringSubmatch(string(help), -1)
	var flags []string
	for _, m := range has {
		flags = append(flags, m[1])
	}
	magics := read(t, "../magics.md")
	for file, command := range map[string]string{"../cluster.md": `lockstep node .*`, "lockstep-node.service": `lockstep node .*|LOCKSTEP_FLAGS: .*`} {
		lines := regexp.MustCompile(command).FindAllString(read(t, file), -1)
		if len(lines) == 0 {
			t.Errorf("%s: no line like %s", file, command)
		}
		for _, line := range lines {
			for _, flag := range regexp.MustCompile(`--\w[\w-]*`).FindAllString(line, -1) {
				if !slices.Contains(flags, flag) {
					t.Errorf("%s: %s: lockstep node has no %s", file, line, flag)
				}
			}
		}
	}
	for _, line := range regexp.MustCompile(`%%?(cluster|compare) .*`).FindAllString(read(t, "../cluster.md"), -1) {
		for _, flag := range regexp.MustCompile(`--\w[\w-]*`).FindAllString(line, -1) {
			if !strings.Contains(magics, "`"+flag+"`") {
				t.Errorf("cluster.md: %s: no magic has %s", line, flag)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
