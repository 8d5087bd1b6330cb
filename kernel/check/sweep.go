package check

import "go/token"

// Sweeper has a session's file set forget the files to which nothing refers any more: those of cells that have run, and of
// declarations that were replaced. Without it each cell leaves a kilobyte. The zero value is ready; it is not safe for
// concurrent use, but scopes are in use meanwhile.
type Sweeper struct {
	before *Scope
	base   int // of the file set then
}

// Sweep forgets, at now, the latest scope and between cells, what neither that nor the scope of the sweep before refers to, of the files that
// were there then. So nothing is taken from a question about a scope in between.
func (s *Sweeper) Sweep(now *Scope) {
	fset := now.fset
	if s.before != nil && s.before.fset == fset {
		used := map[*token.File]bool{}
		for _, scope := range []*Scope{s.before, now} {
			for _, d := range scope.decls {
				used[fset.File(d.Node.Pos())] = true
			}
			for _, v := range scope.vars {
				if v.decl != nil {
					used[fset.File(token.Pos(v.decl.pos.Load()))] = true
				}
			}
		}
		var unused []*token.File
		for f := range fset.Iterate {
			if f.Base() < s.base && !used[f] {
				unused = append(unused, f)
			}
		}
		for _, f := range unused {
			fset.RemoveFile(f)
		}
	}
	s.before, s.base = now, fset.Base()
}
