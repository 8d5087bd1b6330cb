package page

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// sanitized returns HTML of a stranger reduced to the allowlist, and the names of
// the elements that are not there any more, sorted.
//
// The HTML is parsed and written anew first: what the allowlist judges is then what
// a browser sees, whatever was left open or nested against the rules.
func sanitized(source string) (clean string, left []string) {
	parsed, err := reparse(source)
	if err != nil {
		return html.EscapeString(source), nil
	}
	before := names(parsed)
	clean = allowlist().Sanitize(parsed)
	after := names(clean)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if before[name] > after[name] {
			left = append(left, name)
		}
	}
	return clean, left
}

// reparse returns the HTML as a parser understands it.
func reparse(source string) (string, error) {
	nodes, err := html.ParseFragment(strings.NewReader(source), element(atom.Div))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// names counts the elements of HTML by name.
func names(source string) map[string]int {
	count := map[string]int{}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return count
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			count[string(name)]++
		}
	}
}

// leftOut says what sanitizing took from an output or a text; "" for nothing.
func leftOut(elements []string) string {
	if len(elements) == 0 {
		return ""
	}
	const most = 8
	list := "<" + strings.Join(elements[:min(most, len(elements))], ">, <") + ">"
	if len(elements) > most {
		list += ", …"
	}
	return note("Left out of this page, which is sanitized: " + list + ".")
}

// strict mends what the allowlist cannot see in a single element, and reports
// whether the element may stay. An id that is taken would lead links and the
// page's script astray; a style with escapes is one thing to the allowlist and may be
// another to a browser; an input is a box of a list of tasks or nothing.
func (w *weaver) strict(n *html.Node) bool {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool {
		return a.Key == "id" && w.ids[a.Val] || a.Key == "style" && strings.Contains(a.Val, `\`)
	})
	if n.DataAtom == atom.Input {
		setAttribute(n, "disabled", "")
		return attribute(n, "type") == "checkbox"
	}
	return true
}
