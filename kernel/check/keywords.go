package check

import (
	"go/ast"
	"go/token"
)

// keywords lists the keywords that can stand where the hole is.
func (q *question) keywords(p *partial) []candidate {
	var words []token.Token
	switch {
	case q.prev >= 0 && q.lex[q.prev].tok == token.RBRACE:
		words = []token.Token{token.ELSE}
	case q.expectsClause():
		words = []token.Token{token.CASE, token.DEFAULT}
	case q.inForHeader():
		words = []token.Token{token.FUNC, token.RANGE}
	case p == nil:
	case p.isStatement():
		words = p.statementKeywords()
	default:
		words = []token.Token{token.FUNC, token.STRUCT, token.MAP, token.CHAN, token.INTERFACE}
	}
	var out []candidate
	for _, w := range words {
		out = append(out, candidate{Item{Text: w.String(), Kind: KeywordItem}, keyword})
	}
	return out
}

// expectsClause reports whether the hole stands in a switch or select before its
// first clause, where no statement can.
func (q *question) expectsClause() bool {
	depth := 0
	for i := q.prev; i >= 0; i-- {
		switch tok := q.lex[i].tok; {
		case tok == token.RBRACE:
			depth++
		case tok == token.LBRACE:
			depth--
		case depth < 0 && (tok == token.SWITCH || tok == token.SELECT):
			return true
		case depth == 0 && (tok == token.CASE || tok == token.DEFAULT),
			depth < 0 && (q.lex[i].automatic() || tok == token.IF || tok == token.FOR || tok == token.FUNC):
			return false
		}
	}
	return false
}

// inForHeader reports whether the hole stands behind "for", or behind the
// assignment of a for statement's header, where range can.
func (q *question) inForHeader() bool {
	i := q.prev
	if i < 0 {
		return false
	}
	if tok := q.lex[i].tok; tok == token.ASSIGN || tok == token.DEFINE {
		for i--; i >= 0; i-- {
			if tok := q.lex[i].tok; tok != token.IDENT && tok != token.COMMA {
				break
			}
		}
	}
	return i >= 0 && q.lex[i].tok == token.FOR
}

// isStatement reports whether the hole is a whole statement so far.
func (p *partial) isStatement() bool {
	if call, ok := p.parent(1).(*ast.CallExpr); ok {
		fun, ok := call.Fun.(*ast.Ident)
		return ok && fun.Name == showName
	}
	_, ok := p.parent(1).(*ast.ExprStmt)
	return ok
}

// statementKeywords lists the keywords that can begin a statement where the hole is.
func (p *partial) statementKeywords() []token.Token {
	words := []token.Token{token.CONST, token.DEFER, token.FOR, token.FUNC, token.GO, token.GOTO, token.IF,
		token.SELECT, token.SWITCH, token.TYPE, token.VAR}
	loop, breakable, clause := false, false, false
	for i := len(p.path) - 1; i >= 0; i-- {
		switch n := p.path[i].(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			loop, breakable = true, true
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			breakable = true
		case *ast.CaseClause, *ast.CommClause:
			clause = true
		case *ast.FuncLit:
			return p.flow(words, token.RETURN, loop, breakable, clause)
		case *ast.FuncDecl:
			if n.Name.Name == bodyName {
				return p.flow(words, token.IMPORT, loop, breakable, clause)
			}
			return p.flow(words, token.RETURN, loop, breakable, clause)
		}
	}
	return words
}

func (p *partial) flow(words []token.Token, outer token.Token, loop, breakable, clause bool) []token.Token {
	words = append(words, outer)
	if loop {
		words = append(words, token.CONTINUE)
	}
	if breakable {
		words = append(words, token.BREAK)
	}
	if clause {
		words = append(words, token.CASE, token.DEFAULT, token.FALLTHROUGH)
	}
	return words
}
