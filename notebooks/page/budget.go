package page

// A budget keeps a page small enough to open and to print: text outputs share pageBytes, and
// none takes more than outputBytes or outputLines. What does not fit is left out from the
// middle, since outputs say most at their start and end. Rich outputs cannot be
// cut and only count.
type budget struct{ spent int }

const (
	pageBytes   = 640 << 10
	outputBytes = 64 << 10
	outputLines = 400
	// leastBytes is what every output may show, however much came before.
	leastBytes = 4 << 10
)

func (b *budget) spend(n int) { b.spent += n }

// cut returns the lines to show from the start and from the end, and how many
// between them are left out.
func (b *budget) cut(lines []string) (head, tail []string, omitted int) {
	// A quarter of what is left, so that later outputs get their share.
	limit := min(outputBytes, max(leastBytes, (pageBytes-b.spent)/4))
	total := 0
	for _, line := range lines {
		total += len(line) + 1
	}
	if total <= limit && len(lines) <= outputLines {
		b.spend(total)
		return lines, nil, 0
	}
	used, first := 0, 0
	for first < min(len(lines)-1, outputLines/2) && used+len(lines[first]) < limit/2 {
		used += len(lines[first]) + 1
		first++
	}
	last := len(lines)
	for last > first && len(lines)-last < outputLines/2 && used+len(lines[last-1]) < limit {
		last--
		used += len(lines[last]) + 1
	}
	b.spend(used)
	return lines[:first], lines[last:], last - first
}
