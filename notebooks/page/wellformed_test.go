package page

import (
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// balanced fails unless every element of the HTML is closed where it should be:
// what a lenient parser would mend is an error here.
func balanced(t *testing.T, name, source string) {
	t.Helper()
	void := []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
	var open []string
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Errorf("%s: %v", name, z.Err())
			}
			if len(open) > 0 {
				t.Errorf("%s: never closed: %v in\n%s", name, open, source)
			}
			return
		case html.StartTagToken:
			tag, _ := z.TagName()
			if !slices.Contains(void, string(tag)) {
				open = append(open, string(tag))
			}
		case html.EndTagToken:
			tag, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(tag) {
				t.Errorf("%s: </%s> closes %v in\n%s", name, tag, open, source)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

// elements returns every element of a page.
func elements(t *testing.T, source string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	return list
}
