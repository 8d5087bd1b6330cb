package live

import (
	"fmt"

	"lockstep/kernel/pipe"
)

// manyBytes is the memory of loaded units at which the process is recycled.
const manyBytes = 1 << 30

// holds are the units that the process has loaded, and its memory in use, in bytes.
func (p *process) holds() (units pipe.Units, live int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.units, p.live
}

// cost tells how many they are, and what they take.
func (p *process) cost() string {
	switch u, _ := p.holds(); u.Count {
	case 0:
		return "no units loaded"
	case 1:
		return fmt.Sprintf("1 unit loaded, which takes %.1f MB of memory", float64(u.Bytes)/1e6)
	default:
		return fmt.Sprintf("%d units loaded, which take %.1f MB of memory", u.Count, float64(u.Bytes)/1e6)
	}
}
