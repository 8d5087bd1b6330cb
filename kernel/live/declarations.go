package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/magic"
	"lockstep/kernel/pipe"
)

// Declarations implements magic.Env.
func (e *env) Declarations(context.Context) ([]magic.Declaration, error) {
	var out []magic.Declaration
	imports := e.scope.Imports()
	for _, name := range slices.Sorted(maps.Keys(imports)) {
		path := imports[name]
		text := fmt.Sprintf("import %q", path)
		if pkg, err := e.packages.Import(path); err == nil && pkg.Name() != name {
			text = fmt.Sprintf("import %s %q", name, path)
		}
		out = append(out, magic.Declaration{Name: name, Kind: "import", Source: text})
	}
	for _, path := range e.scope.Blank() {
		out = append(out, magic.Declaration{Name: "_", Kind: "import", Source: fmt.Sprintf("import _ %q", path)})
	}
	for _, path := range e.scope.Dots() {
		out = append(out, magic.Declaration{Name: ".", Kind: "import", Source: fmt.Sprintf("import . %q", path)})
	}
	kinds := map[check.Kind]string{check.Func: "function", check.Method: "method", check.Type: "type", check.Const: "constant"}
	for _, d := range e.scope.Decls() {
		out = append(out, magic.Declaration{Name: d.Key, Names: d.Names, Kind: kinds[d.Kind], Doc: d.Comment(), Source: d.Text})
	}
	return out, nil
}

// Remove implements magic.Env.
func (e *env) Remove(ctx context.Context, r magic.Removal) ([]string, error) {
	remove := e.scope.Remove
	if r.Dependents {
		remove = e.scope.RemoveDependents
	}
	checked, removed, unknown, err := remove(r.Names)
	if len(unknown) > 0 {
		return nil, userError("usage error", "nothing in the session is called "+strings.Join(unknown, " or "))
	}
	if err != nil {
		lerr := e.checkError(err, "", 1)
		lerr.Traceback = append(lerr.Traceback, "nothing was removed; %rm -f removes what uses it, too")
		return nil, lerr
	}
	p, refused := e.engine.cell(ctx, e.call, checked)
	if refused != nil {
		return nil, refused
	}
	e.warnReset(checked, p.reset)
	reply, died := e.send(ctx, p, runOptions{})
	if died != nil {
		return nil, e.revive(died)
	}
	if reply.Err != nil {
		return nil, e.fault(reply.Err)
	}
	var gone pipe.Forget
	for _, name := range removed {
		if e.scope.Var(name) != nil {
			gone.Names = append(gone.Names, e.engine.variable(name))
		}
	}
	e.engine = p.next
	e.setScope(checked.Commit(nil))
	if gone.Names != nil {
		_, err = e.ask(ctx, gone)
	}
	return removed, err
}
