package magic

// nearest returns the candidate that name was probably meant to be, or "". Far
// ones are not offered: a wrong hint costs more than none.
func nearest(name string, candidates []string) string {
	best, least := "", max(len(name)/3, 1)+1 // a third of the letters, and at least one
	for _, c := range candidates {
		if d := distance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// elsewhere are magics of other kernels that have another name here, or no need of one.
var elsewhere = map[string]string{
	"cat": "!cat", "ls": "!ls", "mkdir": "!mkdir", "pip": "%get, for Go modules", "go": "!go",
	"file": "%%writefile", "html": "display.HTML(…)", "HTML": "display.HTML(…)", "markdown": "display.Markdown(…)",
	"latex": "display.Latex(…)", "svg": "display.SVG(…)", "SVG": "display.SVG(…)", "javascript": "display.JavaScript(…)", "js": "display.JavaScript(…)",
	"python": "%%bash, and python3 in it", "script": "%%bash", "main": "the statements alone: a cell needs no main", "autoget": "import alone: modules come by themselves",
	"who_ls": "%who", "del": "%rm", "reset_selective": "%rm", "run": "%load", "save": "%list, %history or %%writefile", "prun": "%advise or %time", "set_env": "%env",
}

// noSuchMagic is what an unknown magic's error adds.
func noSuchMagic(title, name string) string {
	if other := elsewhere[name]; other != "" {
		return "; here it is " + other
	}
	return didYouMean(title, titles())
}

// didYouMean is a hint to append to an error, "" when nothing is near.
func didYouMean(name string, candidates []string) string {
	if n := nearest(name, candidates); n != "" {
		return ": did you mean " + n + "?"
	}
	return ""
}

// distance is the number of insertions, deletions, changes and swaps of
// neighbours that lead from a to b (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := last[j-1]
			if s[i-1] != t[j-1] {
				change++
			}
			row[j] = min(last[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
