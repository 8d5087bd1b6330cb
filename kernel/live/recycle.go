package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	psprocess "github.com/shirou/gopsutil/v4/process"

	"lockstep/kernel/check"
)

// usage is what is known of the session process and may end with it.
type usage struct {
	lasting map[string]bool // what [check.Cell.Lasting] has told since the process began
	brought int64           // memory in use after it got its values from the process before it, in bytes
	warned  bool            // that it could not be recycled unasked
	again   int             // the cell with which that is tried again
}

const (
	recycleAgain  = 100 // cells until a recycle that would have lost something is tried again
	recycleMemory = 5   // the part of the limit, one in so many, from which on a process is recycled
	recycleGrowth = 2   // how many times what was moved to it a process has in use before it is recycled
	recycleCost   = 4   // the memory for two processes and what is on its way between them, in times what is in use
)

// note keeps what a cell leaves in the process.
func (u *usage) note(checked *check.Cell) {
	for _, name := range checked.Lasting() {
		if u.lasting == nil {
			u.lasting = map[string]bool{}
		}
		u.lasting[name] = true
	}
}

// secluded reports whether only goroutines of cells can wake a goroutine of a cell, which [usage.note] knows.
func (u *usage) secluded(checked *check.Cell) bool {
	for _, name := range []string{"time.AfterFunc", "context.AfterFunc", "signal.Notify", "signal.NotifyContext"} {
		if u.lasting[name] {
			return false
		}
	}
	return checked.Secluded()
}

// losses names what would be lost with the process.
func (s *Session) losses(ctx context.Context, values saved) []string {
	all := slices.Clone(values.why)
	if values.busy > 0 {
		all = append(all, "goroutines of cells that still run: "+english.Plural(values.busy, "cell", ""))
	}
	for _, name := range s.commands(ctx) {
		all = append(all, "a command that still runs: "+name)
	}
	if len(s.lasting) > 0 {
		all = append(all, "what may be left in the process by "+strings.Join(slices.Sorted(maps.Keys(s.lasting)), ", "))
	}
	return all
}

// commands are the programs that the process has started and that still run, worker processes apart.
func (s *Session) commands(ctx context.Context) (all []string) {
	own := s.engine.argv()[0]
	p, err := s.proc.system(ctx)
	if err != nil {
		return nil
	}
	children, err := p.ChildrenWithContext(ctx)
	if err != nil {
		return nil
	}
	for _, c := range children {
		line, err := c.CmdlineSliceWithContext(ctx)
		if err == nil && len(line) > 0 && line[0] != own {
			all = append(all, strings.Join(line, " "))
		}
	}
	return all
}

// Recycle implements magic.Env.
func (e *env) Recycle(ctx context.Context, force bool) error {
	if force {
		return e.moved(e.engine.fresh())
	}
	values := e.save(false)
	defer values.discard()
	if lost := e.losses(ctx, values); len(lost) > 0 {
		return userError("not recycled", "this would be lost (%recycle --force loses it):", "      "+strings.Join(lost, "\n      "))
	}
	if err := e.renew(values); err != nil {
		return userError("not recycled", err.Error())
	}
	return nil
}

// renew replaces the session process by a fresh one with all declarations and values, which must be all. The old
// one ends when the new one has them; on an error it stays.
func (s *Session) renew(values saved) error {
	old, engine, scope := s.proc, s.engine, s.current()
	s.engine = engine.fresh()
	s.proc = s.start()
	checked, err := empty(scope)
	if err == nil {
		err = s.replay(checked, values.names)
	}
	if err == nil {
		err = s.restore(values)
	}
	if err != nil {
		old, s.proc, s.engine = s.proc, old, engine
		s.setScope(scope)
	}
	old.kill()
	<-old.gone
	if err == nil {
		_, live := s.proc.holds()
		s.usage = usage{brought: live}
	}
	return err
}

// relieve recycles the session process after a cell, if it has grown large and nothing is lost by it. If something
// would be lost it is told, once in the life of a process.
func (c *call) relieve() {
	why := c.large()
	if why == "" || c.serial < c.again {
		return
	}
	lost := c.recycleUnasked()
	if len(lost) == 0 {
		c.out.Stream("stderr", "note: "+why+", so the session has a fresh process now, with all declarations and values\n")
		return
	}
	if !c.warned {
		c.out.Stream("stderr", "note: "+why+"; that stays until the session's process ends. %recycle starts another one with all declarations and values, but not with\n      "+
			strings.Join(lost, "\n      ")+"\n")
	}
	c.warned, c.again = true, c.serial+recycleAgain
}

// recycleUnasked recycles the process, or names what keeps it from that.
func (c *call) recycleUnasked() (lost []string) {
	ctx := context.Background()
	if _, live := c.proc.holds(); recycleCost*live > freeMemory() {
		return []string{"the values: the machine has not enough memory left for two processes"}
	}
	values := c.save(true)
	defer values.discard()
	if lost = c.losses(ctx, values); len(lost) > 0 {
		return lost
	}
	if err := c.renew(values); err != nil {
		return []string{"the values: " + err.Error()}
	}
	return nil
}

// large tells in what the process has become large, "" if it has not. What came to it as values is no growth.
func (c *call) large() string {
	units, live := c.proc.holds()
	switch {
	case units.Count >= c.opt.ManyUnits || units.Bytes >= manyBytes:
		return c.proc.cost()
	case c.memory > 0 && live > max(c.memory/recycleMemory, recycleGrowth*c.brought):
		return "the session uses " + humanize.Bytes(uint64(live)) + " of memory"
	}
	return ""
}

// system is the process as the system knows it.
func (p *process) system(ctx context.Context) (*psprocess.Process, error) {
	if p.cmd == nil || p.cmd.Process == nil {
		return nil, fmt.Errorf("the session process has not started")
	}
	return psprocess.NewProcessWithContext(ctx, int32(p.cmd.Process.Pid))
}

// memory is what the process uses, in bytes; 0 if that is not known.
func (p *process) memory(ctx context.Context) int64 {
	if p, err := p.system(ctx); err == nil {
		if m, err := p.MemoryInfoWithContext(ctx); err == nil {
			return int64(m.RSS)
		}
	}
	return 0
}
