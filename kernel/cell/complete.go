package cell

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Status is what is_complete_request wants to know.
type Status string

// The states of a text; their spelling is Jupyter's.
const (
	Complete   Status = "complete"
	Incomplete Status = "incomplete"
	Invalid    Status = "invalid"
)

// IsComplete tells whether code can run as it stands, and how the next line
// should be indented when it cannot yet.
func IsComplete(code string) (Status, string) {
	parts, err := Split(code)
	if err != nil {
		return Invalid, ""
	}
	for i, p := range parts {
		switch p.Kind {
		case CellMagic:
			// As in IPython: a blank line ends a cell magic that is typed in.
			if strings.HasSuffix(code, "\n\n") || strings.HasSuffix(code, "\n") && p.Text == "" {
				return Complete, ""
			}
			return Incomplete, ""
		case Source:
			s, indent := isCompleteGo(p.Text)
			if s == Complete || (s == Incomplete && i < len(parts)-1) {
				if s == Incomplete {
					return Invalid, ""
				}
				continue
			}
			return s, indent
		}
	}
	return Complete, ""
}

func isCompleteGo(text string) (Status, string) {
	depth, cut, last := 0, false, token.EOF
	scan(text, func(_ int, tok token.Token, lit string) bool {
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		if tok != token.SEMICOLON || lit == ";" {
			last = tok
		}
		return depth >= 0
	}, func(_ int, msg string) {
		cut = cut || msg == "comment not terminated" || msg == "raw string literal not terminated"
	})
	switch {
	case depth < 0:
		return Invalid, ""
	case cut:
		return Incomplete, ""
	case depth > 0:
		if _, ok := brokenBefore(text); ok {
			return Invalid, ""
		}
		return Incomplete, strings.Repeat("\t", depth)
	}
	if _, err := Parse(token.NewFileSet(), "cell", text, 1); err == nil {
		return Complete, ""
	}
	if last.IsOperator() && last != token.SEMICOLON && last != token.RPAREN && last != token.RBRACE &&
		last != token.RBRACK && last != token.INC && last != token.DEC || last.IsKeyword() &&
		last != token.BREAK && last != token.CONTINUE && last != token.RETURN && last != token.FALLTHROUGH {
		return Incomplete, "\t"
	}
	return Invalid, ""
}

// brokenBefore reports a syntax error that no later line can mend: one before
// the last line of an open text.
func brokenBefore(text string) (scanner.ErrorList, bool) {
	_, err := Parse(token.NewFileSet(), "cell", text, 1)
	list, _ := err.(scanner.ErrorList)
	lines := strings.Count(strings.TrimRight(text, " \t\n"), "\n") + 1
	return list, len(list) > 0 && list[0].Pos.Line < lines
}
