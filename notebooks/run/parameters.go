package run

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"time"

	"lockstep/notebooks/nb"
)

// Tags of the cells that have to do with parameters, as papermill has them.
const (
	tagParameters = "parameters"
	tagInjected   = "injected-parameters"
)

// A Parameter is a variable of a notebook and the value that it gets for one execution.
type Parameter struct {
	Name, Value string
}

// ParseParameter reads "name=value".
func ParseParameter(text string) (Parameter, error) {
	name, value, found := strings.Cut(text, "=")
	if !found || !token.IsIdentifier(name) {
		return Parameter{}, fmt.Errorf("want name=value, with the name of a Go variable, got %q", text)
	}
	return Parameter{name, value}, nil
}

// SetParameters puts a cell that assigns the parameters behind the notebook's parameters cell, the
// first with the tag "parameters", as papermill does. The new cell has the tag "injected-parameters"; one
// that is there from before is replaced. What a value means depends on how the parameters cell declares the
// variable: with a string, the value is that string; with a duration of package time, it
// may be written as time.ParseDuration has it; else it is a Go expression.
//
// An error says that there is no parameters cell, or that it does not declare a variable, or that a value is no
// Go expression; the notebook is as before then.
func SetParameters(n *nb.Notebook, parameters []Parameter) error {
	cells := slices.DeleteFunc(slices.Clone(n.Cells), func(c nb.Cell) bool { return c.HasTag(tagInjected) })
	at := slices.IndexFunc(cells, func(c nb.Cell) bool { return c.Type == nb.Code && c.HasTag(tagParameters) })
	if at < 0 {
		return fmt.Errorf("no code cell has the tag %q, so that there is nowhere to set %s", tagParameters, parameters[0].Name)
	}
	declared, err := declaredIn(cells[at].Source)
	if err != nil {
		return fmt.Errorf("cell %d, the parameters: %w", at+1, err)
	}
	source := "// Parameters\n"
	for _, p := range parameters {
		value, known := declared[p.Name]
		if !known {
			return fmt.Errorf("cell %d, the parameters, declares no %s, but %s", at+1, p.Name, strings.Join(names(declared), ", "))
		}
		text, err := literal(p.Value, value)
		if err != nil {
			return fmt.Errorf("%s=%s: %w", p.Name, p.Value, err)
		}
		source += p.Name + " = " + text + "\n"
	}
	injected := nb.NewCell(nb.Code, strings.TrimSuffix(source, "\n"))
	injected.AddTag(tagInjected)
	n.Cells = slices.Insert(cells, at+1, injected)
	return nil
}

// declaredIn returns the variables that a cell declares, each with its first value or type.
func declaredIn(source string) (map[string]ast.Expr, error) {
	const head = "package p\nfunc _() {\n"
	f, err := parser.ParseFile(token.NewFileSet(), "", head+source+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("it is more than declarations of variables: %w", err)
	}
	declared := map[string]ast.Expr{}
	declare := func(name ast.Expr, values []ast.Expr, i int, otherwise ast.Expr) {
		id, ok := name.(*ast.Ident)
		switch {
		case !ok || id.Name == "_":
		case i < len(values):
			declared[id.Name] = values[i]
		default:
			declared[id.Name] = otherwise
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for i, name := range n.Lhs {
					declare(name, n.Rhs, i, nil)
				}
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				declare(name, n.Values, i, n.Type)
			}
		}
		return true
	})
	return declared, nil
}

// literal is a value as Go has it, for a variable whose first value or type is like.
func literal(value string, like ast.Expr) (string, error) {
	text := false
	if like != nil {
		ast.Inspect(like, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				text = text || n.Kind == token.STRING
			case *ast.Ident:
				text = text || n.Name == "string"
			case *ast.CompositeLit, *ast.CallExpr, *ast.MapType, *ast.ArrayType:
				return false
			}
			return true
		})
	}
	if text {
		return strconv.Quote(value), nil
	}
	if d, err := time.ParseDuration(value); err == nil && strings.ContainsAny(value, "nuµmsh") {
		return fmt.Sprintf("time.Duration(%d) // %s", d.Nanoseconds(), d), nil
	}
	if _, err := parser.ParseExpr(value); err != nil {
		return "", fmt.Errorf("this is no Go expression (%w)", err)
	}
	return value, nil
}

func names(declared map[string]ast.Expr) []string {
	var all []string
	for name := range declared {
		all = append(all, name)
	}
	slices.Sort(all)
	if all == nil {
		return []string{"nothing"}
	}
	return all
}
