package rewrite

import (
	"go/ast"
	"go/types"
)

// literal walks a function literal. One that its function may make several times
// is made inside a function of its own: whenever such a function ends, the engine
// puts the one made before it back into the frame that it was made in, where the
// next one may lie by then and wait to be passed on. So a goroutine of the last
// step of a loop, or a call of a function that the loop has kept, would have the
// loop pass on an older function than it has just made.
func (wk *walk) literal(n *ast.FuncLit) {
	if wk.fn.repeats && !wk.skip[n] {
		wk.edits.before(n.Pos(), "func() "+wk.typeText(wk.info.TypeOf(n))+" { return ")
		wk.edits.after(n.End(), " }()")
	}
	sig, _ := wk.info.TypeOf(n).Underlying().(*types.Signature)
	wk.function(n.Type, sig, n.Body)
}
