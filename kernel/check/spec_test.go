package check

import (
	"go/token"
	"testing"
)

func TestEveryKeywordIsDescribed(t *testing.T) {
	for tok := token.Token(0); tok < 128; tok++ {
		if tok.IsKeyword() == (statutes[tok].form == "") {
			t.Errorf("%v: keyword %t, described %t", tok, tok.IsKeyword(), statutes[tok].form != "")
		}
	}
}
