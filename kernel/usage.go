package kernel

import (
	"context"
	"os"
	"runtime"
	"sync"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/process"

	"lockstep/kernel/wire"
)

// usage remembers the processes of the kernel from one usage_request to the
// next: their share of the CPU is measured in between. The zero value knows
// none.
type usage struct {
	mu        sync.Mutex
	processes map[int32]*process.Process
}

// usageInfo handles usage_request. User code runs in child processes, so they
// count. The first answer has no share of the CPU yet.
func (k *Kernel) usageInfo(ctx context.Context, _ *request) (any, error) {
	reply := wire.UsageReplyContent{PID: os.Getpid(), CPUCount: runtime.NumCPU()}
	var err error
	if reply.Hostname, err = os.Hostname(); err != nil {
		return nil, err
	}
	memory, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return nil, err
	}
	reply.HostVirtualMemory = wire.VirtualMemory{
		Total:     int64(memory.Total),
		Available: int64(memory.Available),
		Percent:   memory.UsedPercent,
		Used:      int64(memory.Used),
		Free:      int64(memory.Free),
	}
	if percents, err := cpu.PercentWithContext(ctx, 0, false); err == nil && len(percents) > 0 {
		reply.HostCPUPercent = percents[0]
	}
	reply.KernelCPU, reply.KernelMemory, err = k.usage.measure(ctx)
	return reply, err
}

// measure returns the CPU use, in per cent of one core since the last call, and
// the resident memory of this process and all its descendants.
func (u *usage) measure(ctx context.Context) (percent float64, bytes int64, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	family, err := u.family(ctx)
	if err != nil {
		return 0, 0, err
	}
	u.processes = family
	for _, p := range family {
		// A process may end at any time; it then uses nothing.
		if share, err := p.PercentWithContext(ctx, 0); err == nil {
			percent += share
		}
		if m, err := p.MemoryInfoWithContext(ctx); err == nil && m != nil {
			bytes += int64(m.RSS)
		}
	}
	return percent, bytes, nil
}

// family returns this process and its descendants, those of the last call as
// they were. One look at all processes is cheaper than one for each child.
func (u *usage) family(ctx context.Context) (map[int32]*process.Process, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	children := make(map[int32][]*process.Process)
	family := make(map[int32]*process.Process)
	self := int32(os.Getpid())
	var found []*process.Process
	for _, p := range all {
		if p.Pid == self {
			found = append(found, p)
			continue
		}
		if parent, err := p.PpidWithContext(ctx); err == nil {
			children[parent] = append(children[parent], p)
		}
	}
	for len(found) > 0 {
		p := found[0]
		found = append(found[1:], children[p.Pid]...)
		if known := u.processes[p.Pid]; known != nil {
			p = known
		}
		family[p.Pid] = p
	}
	return family, nil
}
