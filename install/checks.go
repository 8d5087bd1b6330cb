package install

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// checks is what [Doctor] looks at, in the order of its report.
var checks = []func(context.Context, System) []Finding{
	checkGo,
	checkPython,
	checkJupyterLab,
	checkKernelspecs,
	checkFolders,
	checkCores,
	checkMemory,
}

const (
	// oldestGo builds the native engine's session program.
	oldestGo = "go1.26"
	// oldestPython runs the pinned JupyterLab, as a minor version of Python 3.
	oldestPython = 10
	// littleMemoryBytes is where compiling while a workload runs gets tight: the
	// linker alone takes a few hundred megabytes.
	littleMemoryBytes = 1 << 30
)

// checkGo looks for the toolchain of the native engine: go, and cgo with its C
// compiler, without which there are no plugins.
func checkGo(ctx context.Context, sys System) []Finding {
	const without = "the interp engine serves the cells; for all of Go at full speed "
	tool := Finding{Name: "Go toolchain"}
	path, err := sys.LookPath("go")
	if err != nil {
		tool.State, tool.Detail = Missing, "no go on PATH"
		tool.Advice = without + "install Go from https://go.dev/doc/install"
		return []Finding{tool}
	}
	// One call for all three: each start of go costs some 10 ms.
	out, err := sys.Output(ctx, path, "env", "GOVERSION", "CGO_ENABLED", "CC")
	fields := strings.Split(out, "\n")
	if err != nil || len(fields) < 3 {
		tool.State, tool.Detail = Problem, fmt.Sprintf("%s does not answer: %v", path, err)
		tool.Advice = "run `go env` to see why, or take that go from PATH"
		return []Finding{tool}
	}
	goVersion, cgo, cc := strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1]), strings.TrimSpace(fields[2])
	tool.Detail = goVersion + ", " + path
	// A go that is built from its development branch has no version to compare.
	if version.IsValid(goVersion) && version.Compare(goVersion, oldestGo) < 0 {
		tool.State = Missing
		tool.Advice = fmt.Sprintf("older than %s; %sinstall a newer one from https://go.dev/doc/install", oldestGo, without)
	}

	c := Finding{Name: "C compiler"}
	compiler, _, _ := strings.Cut(cc, " ")
	switch found, err := sys.LookPath(compiler); {
	case compiler == "" || err != nil:
		c.State, c.Detail = Missing, fmt.Sprintf("no %s on PATH", cmp.Or(compiler, "C compiler"))
		c.Advice = without + "install a C compiler such as gcc"
	case cgo != "1":
		c.State, c.Detail = Missing, "cgo is switched off (CGO_ENABLED="+cgo+")"
		c.Advice = without + "unset CGO_ENABLED"
	default:
		c.Detail = "cgo with " + found
	}
	return []Finding{tool, c}
}

// checkPython looks for a Python that can make the environment of `lockstep lab`.
func checkPython(ctx context.Context, sys System) []Finding {
	f := Finding{Name: "Python"}
	path := sys.python(ctx)
	if path == "" {
		f.State, f.Detail = Missing, "no python3 on PATH"
		f.Advice = fmt.Sprintf("`lockstep run` and `lockstep export` need none; for `lockstep lab` install Python 3.%d or newer", oldestPython)
		return []Finding{f}
	}
	// ensurepip is a package of its own on Debian, and venv is of no use without it.
	out, err := sys.Output(ctx, path, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])\nimport venv, ensurepip")
	got, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	f.Detail = fmt.Sprintf("%s, %s", cmp.Or(got, "unknown version"), path)
	_, rest, _ := strings.Cut(got, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, numErr := strconv.Atoi(minor)
	switch {
	case numErr != nil:
		f.State, f.Detail = Problem, fmt.Sprintf("%s does not answer: %v", path, err)
		f.Advice = "run `python3 --version` to see why"
	case n < oldestPython:
		f.State = Missing
		f.Advice = fmt.Sprintf("for `lockstep lab` install Python 3.%d or newer, or put a jupyter-lab on PATH", oldestPython)
	case err != nil:
		f.State, f.Detail = Missing, f.Detail+", without venv and ensurepip"
		f.Advice = "for `lockstep lab` install them (Debian and Ubuntu: python3-venv), or put a jupyter-lab on PATH"
	}
	return []Finding{f}
}

// checkJupyterLab looks for a JupyterLab of the user's own.
func checkJupyterLab(ctx context.Context, sys System) []Finding {
	f := Finding{Name: "JupyterLab"}
	path, err := sys.LookPath("jupyter-lab")
	if err != nil {
		f.State, f.Detail = Missing, "no jupyter-lab on PATH"
		f.Advice = "`lockstep lab` makes itself a private one the first time"
		return []Finding{f}
	}
	out, err := sys.Output(ctx, path, "--version")
	if errors.Is(err, errNoAnswer) {
		f.State, f.Detail = Missing, fmt.Sprintf("%s: %v", path, err)
		f.Advice = "this machine may be very busy: run `jupyter-lab --version` to see"
		return []Finding{f}
	}
	if err != nil {
		f.State, f.Detail = Problem, fmt.Sprintf("%s does not start: %v", path, err)
		f.Advice = "mend or remove it; without one on PATH `lockstep lab` makes itself a private one"
		return []Finding{f}
	}
	f.Detail = strings.TrimSpace(out) + ", " + path
	return []Finding{f}
}

// checkKernelspecs looks at each kernelspec of ours where Jupyter looks.
func checkKernelspecs(ctx context.Context, sys System) []Finding {
	var all []Finding
	first := map[string]string{} // kernel name → the folder where Jupyter finds it
	for _, dataDir := range sys.JupyterPath(ctx) {
		kernels := filepath.Join(dataDir, "kernels")
		entries, err := os.ReadDir(kernels)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = append(all, Finding{"kernelspec", Problem, err.Error(), "make the folder readable: Jupyter looks in it"})
		}
		for _, e := range entries {
			dir := filepath.Join(kernels, e.Name())
			name := strings.ToLower(e.Name()) // Jupyter's names know no case
			spec, err := ReadSpec(dir)
			if errors.Is(err, fs.ErrNotExist) {
				continue // not a kernelspec
			}
			earlier, shadowed := first[name]
			if !shadowed {
				first[name] = dir
			}
			switch {
			case errors.Is(err, ErrForeign) && name != DefaultName:
				continue // another kernel's, and none of our business
			case err != nil:
				all = append(all, Finding{"kernelspec " + name, Problem, err.Error(), "remove the folder, then run `lockstep install`"})
			case shadowed:
				all = append(all, Finding{"kernelspec " + name, Problem, fmt.Sprintf("%s is hidden by %s, which Jupyter finds first", dir, earlier),
					"uninstall one of the two"})
			default:
				all = append(all, checkSpec(ctx, sys, dir, spec))
			}
		}
	}
	if len(all) == 0 {
		all = append(all, Finding{"kernelspec", Missing, "the kernel is not installed for Jupyter",
			"run `lockstep install`; `lockstep lab` and `lockstep run` work without"})
	}
	return all
}

// checkSpec asks the program that a kernelspec names for its version.
func checkSpec(ctx context.Context, sys System, dir string, spec Spec) Finding {
	f := Finding{Name: "kernelspec " + spec.Name}
	advice := "run `lockstep install` again, the same way as for " + dir
	if _, err := os.Stat(spec.Binary); err != nil {
		f.State, f.Advice = Problem, advice
		f.Detail = fmt.Sprintf("%s starts a program that is not there: %v", dir, err)
		return f
	}
	out, err := sys.Output(ctx, spec.Binary, "version")
	if err != nil {
		f.State, f.Advice = Problem, advice
		f.Detail = fmt.Sprintf("%s: %s version: %v", dir, spec.Binary, err)
		return f
	}
	answer, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	f.Detail = fmt.Sprintf("%s (%s)", dir, answer)
	return f
}

// checkFolders looks whether the program can write where it keeps things.
func checkFolders(_ context.Context, sys System) []Finding {
	folders := []struct {
		name string
		path func() (string, error)
		hint string
	}{
		{"data folder", sys.dataDir, "set XDG_DATA_HOME or HOME to a folder of yours"},
		{"cache folder", sys.cacheDir, "set XDG_CACHE_HOME or HOME to a folder of yours"},
		{"temporary folder", func() (string, error) { return os.TempDir(), nil }, "set TMPDIR to a folder of yours"},
	}
	var all []Finding
	for _, folder := range folders {
		f := Finding{Name: folder.name}
		path, err := folder.path()
		if err == nil {
			f.Detail = path
			err = writable(path)
		}
		if err != nil {
			f.State, f.Detail, f.Advice = Problem, err.Error(), folder.hint+", or make it writable"
		}
		all = append(all, f)
	}
	return all
}

// writable reports what keeps a file from being made in dir, or in the closest
// folder above it that is there. It tries with a file that it removes: permissions
// alone do not tell of a file system that is full or mounted for reading.
func writable(dir string) error {
	for {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s is not a folder", dir)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			return err
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(dir, ".lockstep-doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("x")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

func checkCores(_ context.Context, sys System) []Finding {
	n := sys.Cores()
	f := Finding{Name: "cores", Detail: strconv.Itoa(n)}
	if n < 2 {
		f.State = Missing
		f.Advice = "no mode can be faster than simple on one core; use a machine, or a container limit, of two or more"
	}
	return []Finding{f}
}

func checkMemory(_ context.Context, sys System) []Finding {
	f := Finding{Name: "memory"}
	total, available, err := sys.Memory()
	if err != nil {
		f.State, f.Detail, f.Advice = Missing, "unknown: "+err.Error(), "nothing: it is only shown here"
		return []Finding{f}
	}
	const gib = 1 << 30
	f.Detail = fmt.Sprintf("%.1f GiB, %.1f GiB of them available", float64(total)/gib, float64(available)/gib)
	if available < littleMemoryBytes {
		f.State = Missing
		f.Advice = "close something: compiling cells and many workers want 1 GiB or more"
	}
	return []Finding{f}
}
