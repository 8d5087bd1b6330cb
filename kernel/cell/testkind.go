package cell

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// TestKind is "Test", "Benchmark", "Example" or "Fuzz" for the name of a function that go test calls so, else "".
func TestKind(name string) string {
	for _, kind := range []string{"Test", "Benchmark", "Example", "Fuzz"} {
		if rest, ok := strings.CutPrefix(name, kind); ok {
			if first, _ := utf8.DecodeRuneInString(rest); !unicode.IsLower(first) {
				return kind
			}
		}
	}
	return ""
}
