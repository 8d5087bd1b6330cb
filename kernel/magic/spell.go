package magic

// nearest returns the candidate that name was probably meant to be, or "". Far
// ones are not offered: a wrong hint costs more than none.
func nearest(name string, candidates []string) string {
	best, least := "", len(name)/3+2 // a third of the letters, and at least one
	for _, c := range candidates {
		if d := distance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
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
