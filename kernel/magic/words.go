package magic

import "strings"

// word is one word of a magic's arguments, with the bytes it came from.
type word struct {
	text       string // without its quotes
	start, end int
	open       bool // a quote is missing
}

// words splits s as a shell splits words: at spaces, except inside single or double quotes; a
// backslash takes away the meaning of a space, a quote or another backslash
// and is itself before anything else, so that C:\dir needs no quoting. A missing
// quote is noted in the last word, not an error: what follows the flags may be Go.
func words(s string) []word {
	var all []word
	var b strings.Builder
	var quote byte
	start := -1 // no word begun
	for i := 0; i < len(s); i++ {
		c := s[i]
		space := c == ' ' || c == '\t' || c == '\n' || c == '\r'
		if quote == 0 && space {
			if start >= 0 {
				all = append(all, word{text: b.String(), start: start, end: i})
				b.Reset()
				start = -1
			}
			continue
		}
		if start < 0 {
			start = i
		}
		switch {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == '\\' && quote != '\'' && i+1 < len(s) && strings.IndexByte(" \t\"'\\", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	if start >= 0 {
		all = append(all, word{text: b.String(), start: start, end: len(s), open: quote != 0})
	}
	return all
}
