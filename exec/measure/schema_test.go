package measure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const schemaPage = "../../docs/result.md"

// The page that describes the JSON form is made from the types and their comments.
func TestSchemaPage(t *testing.T) {
	want := page(t)
	if *update {
		if err := os.WriteFile(schemaPage, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/result.md is stale (+), the types say (-); renew it with go test ./exec/measure -update\n%s", diff)
	}
}

func page(t *testing.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!-- Generated from package measure; do not edit. To renew it:
     go test ./exec/measure -run TestSchemaPage -update -->

# The JSON form of a result

What %s and its kin write with %s, and what a notebook keeps beside each table as
%s. This is schema %d: fields may be added to it; one that goes
or changes its meaning makes a new number. Times are whole nanoseconds, sizes bytes, shares parts of 1. A field that is 0, empty or not known may be missing.

In a cell, %s binds the same thing as a Go value of type lab.Result, with the names of Go.
`, "`%%compare`", "`--json FILE`", "`application/vnd.lockstep.result+json`", Schema, "`--save NAME`")
	docs := comments(t)
	queue := []reflect.Type{reflect.TypeFor[Result]()}
	for i := 0; i < len(queue); i++ {
		typ := queue[i]
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| field | value | meaning |\n|---|---|---|\n", typ.Name(), tableText(docs[typ.Name()]))
		rows(t, &b, typ, docs, &queue)
	}
	return b.String()
}

// rows writes a row for each field, those of embedded types too, and queues the
// types that they name.
func rows(t *testing.T, b *strings.Builder, typ reflect.Type, docs map[string]string, queue *[]reflect.Type) {
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "":
			rows(t, b, f.Type, docs, queue)
		default:
			meaning := tableText(docs[typ.Name()+"."+f.Name])
			if meaning == "" {
				t.Errorf("%s.%s: a comment is wanted, for the page", typ.Name(), f.Name)
			}
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, kind(f.Type, queue), meaning)
		}
	}
}

// kind is a type in the words of JSON.
func kind(t reflect.Type, queue *[]reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "integer, ns"
	case t == reflect.TypeFor[time.Time]():
		return "text, RFC 3339"
	case t.Kind() == reflect.Pointer:
		return kind(t.Elem(), queue)
	case t.Kind() == reflect.Slice:
		return "list of " + kind(t.Elem(), queue)
	case t.Kind() == reflect.Struct:
		if !slices.Contains(*queue, t) {
			*queue = append(*queue, t)
		}
		return fmt.Sprintf("[%s](#%s)", t.Name(), strings.ToLower(t.Name()))
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float64:
		return "number"
	}
	return "integer"
}

// comments returns those of the types and fields of the package: "Run", "Run.Mode".
func comments(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, s := range gen.Specs {
				spec := s.(*ast.TypeSpec)
				all[spec.Name.Name] = gen.Doc.Text()
				if st, ok := spec.Type.(*ast.StructType); ok {
					for _, field := range st.Fields.List {
						for _, name := range field.Names {
							all[spec.Name.Name+"."+name.Name] = field.Doc.Text() + field.Comment.Text()
						}
					}
				}
			}
		}
	}
	return all
}

// tableText makes a comment a cell of a table.
func tableText(text string) string {
	return strings.NewReplacer("|", `\|`, "[", "", "]", "").Replace(strings.Join(strings.Fields(text), " "))
}
