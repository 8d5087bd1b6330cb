package page

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// element makes an element; keys and values of its attributes alternate.
func element(a atom.Atom, attributes ...string) *html.Node {
	n := &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String()}
	for pair := range slices.Chunk(attributes, 2) {
		n.Attr = append(n.Attr, html.Attribute{Key: pair[0], Val: pair[1]})
	}
	return n
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func setAttribute(n *html.Node, key, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
}

func hasClass(n *html.Node, class string) bool {
	return slices.Contains(strings.Fields(attribute(n, "class")), class)
}

func inside(n *html.Node, a atom.Atom) bool {
	for p := range n.Ancestors() {
		if p.DataAtom == a {
			return true
		}
	}
	return false
}

// replace puts another node in the place of n.
func replace(n, other *html.Node) {
	n.Parent.InsertBefore(other, n)
	n.Parent.RemoveChild(n)
}

// unwrap puts the text of n in its place.
func unwrap(n *html.Node) {
	replace(n, &html.Node{Type: html.TextNode, Data: textOf(n)})
}

// wrapIn puts n into a new div of the class.
func wrapIn(n *html.Node, class string) {
	div := element(atom.Div, "class", class)
	n.Parent.InsertBefore(div, n)
	n.Parent.RemoveChild(n)
	div.AppendChild(n)
}
