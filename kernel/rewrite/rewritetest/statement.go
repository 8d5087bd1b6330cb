package rewritetest

import (
	"fmt"
	"strings"
)

// statement writes one statement, with those inside it.
func (g *generator) statement() {
	g.left--
	if g.left <= 0 || len(g.scopes) > 6 {
		g.line("fmt.Println(%s)", g.expr(integer, 1))
		return
	}
	switch g.pick(26) {
	case 0, 1, 2:
		g.declare()
	case 3, 4, 5:
		g.assign()
	case 6:
		g.several()
	case 7:
		g.branch()
	case 8, 9, 10:
		g.loop()
	case 11:
		g.choice()
	case 12:
		g.typeChoice()
	case 13:
		g.closure()
	case 14:
		g.collect()
	case 15:
		g.deferred()
	case 16:
		g.goroutines()
	case 17:
		g.channel()
	case 18:
		g.fault()
	case 19:
		g.call()
	case 20:
		g.method()
	case 21:
		g.jump()
	case 22:
		g.generic()
	case 23:
		g.ready()
	case 24:
		g.leave()
	case 25:
		g.line("fmt.Println(%s, %s, %s)", g.expr(text, 2), g.expr(integer, 3), g.expr(kind(g.pick(int(callable))), 1))
	}
}

// block writes some statements between braces that are there already.
func (g *generator) block() {
	for range 1 + g.pick(3) {
		g.statement()
	}
	if g.one(3) {
		g.show()
	}
}

func (g *generator) declare() {
	k := kind(g.pick(int(kinds)))
	value := g.expr(k, 2)
	name := g.name()
	if declares(g.scopes[len(g.scopes)-1], name) {
		return
	}
	switch g.pick(3) {
	case 0:
		g.line("var %s %s = %s", name, typeNames[k], value)
	default:
		g.line("%s := %s", name, value)
	}
	g.line("_ = %s", name)
	g.add(variable{name, k, false})
}

func (g *generator) assign() {
	k := []kind{integer, integer, text, list, array, small, record, pointer, wrapped, table, general, named}[g.pick(12)]
	name, ok := g.variable(k, true)
	if !ok {
		g.declare()
		return
	}
	switch {
	case k == integer && g.one(2):
		g.line("%s %s %s", name, g.of("+=", "-=", "*=", "|=", "^=", "&^="), g.expr(integer, 2))
	case k == integer && g.one(2):
		g.line("%s%s", name, g.of("++", "--"))
	case k == text:
		g.line("%s = @clip(%s + %s)", name, name, g.expr(text, 1))
	case k == list && g.one(2):
		g.line("if len(%s) < 8 {\n%s = append(%s, %s)\n}", name, name, name, g.expr(integer, 1))
	case k == list && g.one(2):
		g.line("for i := range %s {\n%s[i] %s %s\n}", name, name, g.of("+=", "=", "-="), g.expr(integer, 1))
	case k == array:
		g.line("%s[%d] %s %s", name, g.pick(3), g.of("=", "+=", "^="), g.expr(integer, 2))
	case k == small:
		g.line("%s %s %s", name, g.of("+=", "-=", "*=", "<<="), g.of("3", "200", "7"))
	case k == table:
		g.line("%s[%s] %s %s", name, g.expr(text, 1), g.of("=", "+=", "-="), g.expr(integer, 1))
	case (k == record || k == pointer || k == wrapped) && g.one(2):
		g.line("%s.a %s %s", name, g.of("=", "+=", "*="), g.expr(integer, 2))
	default:
		g.line("%s = %s", name, g.expr(k, 2))
	}
}

// several assigns or declares several variables at once.
func (g *generator) several() {
	a, ok := g.variable(integer, true)
	b, both := g.variable(integer, true)
	switch {
	case ok && both && g.one(2):
		g.line("%s, %s = %s, %s", a, b, g.expr(integer, 1), a)
	case ok && g.one(2):
		if name, there := g.variable(array, true); there {
			g.line("%s[%d], %s[%d], %s = %s[%d], %s, %s[0]", name, g.pick(3), name, g.pick(3), a, name, g.pick(3), a, name)
			return
		}
		fallthrough
	default:
		x, y := g.name(), g.name()
		if x == y || declares(g.scopes[len(g.scopes)-1], x) || declares(g.scopes[len(g.scopes)-1], y) {
			return
		}
		g.line("%s, %s := @two(%s)", x, y, g.expr(integer, 1))
		g.line("_, _ = %s, %s", x, y)
		g.add(variable{x, integer, false})
		g.add(variable{y, text, false})
	}
}

// inside writes a block that begins with a line and ends with a brace.
func (g *generator) inside(head string, body func()) { g.around(head, body, "}") }

func (g *generator) around(head string, body func(), end string) {
	g.line("%s", head)
	g.push()
	body()
	g.pop()
	g.line("%s", end)
}

func (g *generator) branch() {
	if g.one(2) {
		value := g.expr(integer, 2)
		name := g.name()
		g.push() // the variable lives in the branches
		g.add(variable{name, integer, false})
		g.inside(fmt.Sprintf("if %s := (%s); %s > (%s) {", name, value, name, g.expr(integer, 1)), g.block)
		g.pop()
		return
	}
	g.inside(fmt.Sprintf("if (%s) {", g.expr(truth, 2)), g.block)
	if g.one(2) {
		g.inside(fmt.Sprintf("if (%s) {\n_ = 0\n} else if (%s) {", g.expr(truth, 1), g.expr(truth, 1)), g.block)
	}
}

// loop writes a loop of one of the forms, with a label now and then.
func (g *generator) loop() {
	if g.loops >= 3 {
		g.assign()
		return
	}
	n := 1 + g.pick(4)
	i, v := fmt.Sprintf("i%d", g.names+1), fmt.Sprintf("e%d", g.names+1)
	g.names++
	var head string
	own := []variable{{i, integer, true}}
	switch g.pick(9) {
	case 0:
		head = fmt.Sprintf("for %s := 0; %s < %d; %s++ {", i, i, n, i)
	case 1:
		head = fmt.Sprintf("for %s, %s := 0, (%s); %s < %d; %s, %s = %s+1, %s+%s {", i, v, g.expr(integer, 1), i, n, i, v, i, v, i)
		own = append(own, variable{v, integer, false})
	case 2:
		head = fmt.Sprintf("for %s := range %d {", i, n)
		own[0].fixed = false
	case 3:
		head = fmt.Sprintf("for %s, %s := range (%s) {", i, v, g.expr(list, 1))
		own = []variable{{i, integer, false}, {v, integer, false}}
	case 4:
		head = fmt.Sprintf("for %s, %s := range (%s) {", i, v, g.expr(array, 1))
		own = []variable{{i, integer, false}, {v, integer, false}}
	case 5:
		head = fmt.Sprintf("for %s, %s := range @count(%d) {", i, v, n)
		own = []variable{{i, integer, false}, {v, text, false}}
	case 6:
		g.line("%s := 0", i)
		g.add(own[0])
		head = fmt.Sprintf("for %s < %d {\n%s++", i, n, i)
		own = nil
	case 7:
		head = fmt.Sprintf("for %s := range (%s) {", i, g.expr(text, 1))
		own[0].fixed = false
	case 8:
		g.line("%s := 0", i)
		g.add(own[0])
		head = fmt.Sprintf("for {\nif %s++; %s > %d {\nbreak\n}", i, i, n)
		own = nil
	}
	label := g.label
	if g.one(3) {
		g.names++
		g.label = fmt.Sprintf("L%d", g.names)
		g.line("%s:", g.label)
		head += fmt.Sprintf("\nif %s {\n%s %s\n}", g.literal(truth), g.of("break", "continue"), g.label)
	}
	g.loops++
	g.inside(head, func() {
		for _, o := range own {
			g.line("_ = %s", o.name)
			g.add(o)
		}
		g.block()
		if g.one(4) {
			g.inside(fmt.Sprintf("if (%s) {", g.expr(truth, 2)), func() { g.line("%s", g.of("break", "continue")) })
		}
		if g.label != "" && g.one(2) {
			g.inside(fmt.Sprintf("if (%s) {", g.expr(truth, 2)), func() { g.line("%s %s", g.of("break", "continue"), g.label) })
		}
	})
	g.loops--
	g.label = label
}

func (g *generator) choice() {
	if g.one(2) {
		g.inside(fmt.Sprintf("switch s := (%s); s & 3 {", g.expr(integer, 2)), func() {
			g.line("case 0:")
			g.nested(g.block)
			if g.one(2) {
				g.line("fallthrough")
			}
			g.line("case 1, 2:")
			g.nested(g.block)
			if g.one(2) {
				g.line("default:")
				g.nested(g.block)
			}
		})
		return
	}
	g.inside("switch {", func() {
		g.line("case @yes(%s):", g.expr(truth, 2))
		g.nested(g.block)
		if g.one(3) {
			g.line("break")
		}
		g.line("case @yes(%s):", g.expr(truth, 2))
		g.nested(g.block)
		g.line("default:")
		g.nested(g.block)
	})
}

// nested writes statements of a clause, which is a block without braces.
func (g *generator) nested(body func()) {
	g.push()
	body()
	g.pop()
}

func (g *generator) typeChoice() {
	g.inside(fmt.Sprintf("switch t := (%s).(type) {", g.expr(general, 2)), func() {
		g.line("case @num:\nfmt.Println(\"num\", t, int(t)+1)")
		g.line("case @rec:\nfmt.Println(\"rec\", t.b, t)")
		g.line("case *@rec:\nt.add(%s)\nfmt.Println(\"pointer\", t.a, t.xs)", g.expr(integer, 1))
		g.line("default:\nfmt.Println(\"other\", t.m(%s))", g.expr(integer, 1))
	})
}

// literalBody writes a function literal's body that returns an int.
func (g *generator) literalBody(param string) {
	label, loops, inFunc := g.label, g.loops, g.inFunc
	g.label, g.inFunc = "", true
	g.line("if @fuel--; @fuel < 0 {\nreturn 0\n}")
	g.add(variable{param, integer, false})
	g.block()
	g.line("return %s", g.expr(integer, 2))
	g.label, g.loops, g.inFunc = label, loops, inFunc
}

// closure declares a function that changes variables around it, and calls it.
func (g *generator) closure() {
	name := fmt.Sprintf("c%d", g.names+1)
	g.names++
	g.inside(fmt.Sprintf("%s := func(p int) int {", name), func() { g.literalBody("p") })
	g.line("fmt.Println(%s(%s))", name, g.literal(integer))
	if g.one(2) {
		g.add(variable{name, callable, true})
	}
}

// collect keeps closures of a loop, and calls them after it.
func (g *generator) collect() {
	fs, i := fmt.Sprintf("fs%d", g.names+1), fmt.Sprintf("i%d", g.names+1)
	g.names++
	g.line("var %s []func() int", fs)
	head := g.of("for # := range 3 {", "for # := 0; # < 3; #++ {", "for #, e := range []int{5, 6} {\n_ = e", "for # := range @count(3) {", "for _, # := range []int{7, 8} {")
	g.loops++
	g.inside(strings.ReplaceAll(head, "#", i), func() {
		g.add(variable{i, integer, true})
		if g.one(2) {
			g.line("own := %s", g.expr(integer, 1))
			g.line("_ = own")
			g.add(variable{"own", integer, false})
		}
		g.line("%s = append(%s, func() int {", fs, fs)
		if name, ok := g.variable(integer, true); ok {
			g.line("%s += %s", name, g.expr(integer, 1))
		}
		g.line("return %s + %s })", i, g.expr(integer, 1))
	})
	g.loops--
	g.line("for _, f := range %s {\nfmt.Println(f(), f())\n}", fs)
}

// deferred writes a function literal with deferred calls, some of them in a loop.
func (g *generator) deferred() {
	g.around("func() {", func() {
		label, loops, inFunc := g.label, g.loops, g.inFunc
		g.label, g.inFunc = "", false
		g.line("defer fmt.Println(\"deferred\", %s)", g.expr(integer, 2))
		if g.one(2) {
			g.line("for i := range 3 {\ndefer func(n int) { fmt.Println(\"in a loop\", i, n) }(%s)\n}", g.expr(integer, 1))
		}
		if name, ok := g.variable(integer, true); ok {
			g.line("defer func() { %s++; fmt.Println(%s) }()", name, name)
		}
		g.block()
		g.label, g.loops, g.inFunc = label, loops, inFunc
	}, "}()")
}

// goroutines has goroutines that each fill a place, waits for them, and prints all.
func (g *generator) goroutines() {
	g.inside("{", func() {
		g.line("var wg sync.WaitGroup\nvar mu sync.Mutex\ntotal := 0\nplaces := make([]int, 3)")
		start := g.of("wg.Add(1)\ngo func() {\ndefer wg.Done()", "wg.Go(func() {")
		g.line("for i := range places {\n%s", start)
		g.add(variable{"i", integer, true})
		funcs := g.funcs // they count down the fuel, which is everybody's
		g.funcs = nil
		g.line("sum := %s\nfor j := range 3 {\nsum += j * i\n}\nplaces[i] = sum\nmu.Lock()\ntotal += sum\nmu.Unlock()", g.expr(integer, 2))
		g.funcs = funcs
		if start[3] == 'A' {
			g.line("}()\n}")
		} else {
			g.line("})\n}")
		}
		g.line("wg.Wait()\nfmt.Println(places, total)")
	})
}

// channel has a goroutine send, and the program receive in one of the ways there are.
func (g *generator) channel() {
	g.inside("{", func() {
		g.line("ch := make(chan int%s)", g.of("", ", 1", ", 5"))
		g.line("n := %s", g.expr(integer, 2))
		g.line("go func() {\ndefer close(ch)\nfor i := range 3 {\nch <- i + n\n}\n}()")
		g.add(variable{"n", integer, true})
		switch g.pick(4) {
		case 0:
			g.loops++
			g.inside("for x := range ch {", func() {
				g.line("fmt.Println(x)")
				g.add(variable{"x", integer, false})
				label := g.label
				g.label = ""
				g.assign()
				g.label = label
			})
			g.loops--
		case 1:
			g.line("x, ok := <-ch\nfmt.Println(x, ok, <-ch+<-ch)\ny, ok := <-ch\nfmt.Println(y, ok)")
		case 2:
			g.line("for open := true; open; {\nselect {\ncase x, ok := <-ch:\nif open = ok; ok {\nfmt.Println(x)\n}\n}\n}")
		case 3:
			g.line("var xs [3]int\nxs[0], xs[1], xs[2] = <-ch, <-ch, <-ch\nfmt.Println(xs)")
		}
	})
}

// fault has something panic, and recovers.
func (g *generator) fault() {
	g.around(fmt.Sprintf("@safe(%q, func() {", g.of("one", "two")), func() {
		label, loops, inFunc := g.label, g.loops, g.inFunc
		g.label, g.inFunc = "", false
		g.block()
		g.line("{\n%s\n}", g.of(
			"xs := []int{1}\nfmt.Println(xs[len(xs)])",
			"zero := 0\nfmt.Println(1 / zero)",
			"panic(fmt.Sprint(\"own \", "+g.expr(integer, 1)+"))",
			"var p *@rec\nfmt.Println(p.a)",
			"var a any = "+g.expr(text, 1)+"\nfmt.Println(a.(int))",
			"panic("+g.expr(named, 1)+")",
			"var m map[string]int\nm[\"a\"] = 1",
			"ch := make(chan int)\nclose(ch)\nclose(ch)"))
		g.label, g.loops, g.inFunc = label, loops, inFunc
	}, "})")
}

// call calls a function of the program or a closure in a statement of its own.
func (g *generator) call() {
	if name, ok := g.variable(callable, false); ok {
		g.line("fmt.Println(%s(%s))", name, g.literal(integer))
		return
	}
	g.line("fmt.Println(%s)", g.expr(integer, 3))
}

func (g *generator) method() {
	switch g.pick(4) {
	case 0:
		if name, ok := g.variable(pointer, false); ok {
			g.line("%s.add(%s)", name, g.expr(integer, 1))
			return
		}
	case 1:
		if name, ok := g.variable(record, true); ok {
			g.line("{\nf := %s.m\n%s.add(%s)\nfmt.Println(f(2), %s)\n}", name, name, g.expr(integer, 1), name)
			return
		}
	case 2:
		if name, ok := g.variable(wrapped, true); ok {
			g.line("fmt.Println(%s.up())\n%s.add(1)", name, name)
			return
		}
	}
	g.line("fmt.Println(%s.m(%s), @rec.m(%s, 1))", g.expr(general, 2), g.expr(integer, 1), g.expr(record, 1))
}

// jump repeats some statements by goto.
func (g *generator) jump() {
	n := g.names + 1
	g.names++
	g.line("g%d := 0\nG%d:\ng%d++\nfmt.Println(g%d)\nif g%d < 3 {\ngoto G%d\n}", n, n, n, n, n, n)
}

func (g *generator) generic() {
	switch g.pick(3) {
	case 0:
		g.line("fmt.Println(@mapped(%s, func(x int) string { return fmt.Sprint(x, %s) }))", g.expr(list, 1), g.expr(text, 1))
	case 1:
		g.inside("{", func() {
			g.line("var st @stack[%s]", g.of("string", "any"))
			g.line("st.push(%s)\nst.push(%s)\nx, ok := st.pop()\nfmt.Println(x, ok, len(st.xs))", g.expr(text, 1), g.expr(text, 1))
		})
	case 2:
		g.line("fmt.Println(@folded(@mapped(%s, func(x int) string { return \"<\" }), %s))", g.expr(list, 1), g.expr(text, 1))
	}
}

// ready has select choose among what is ready: one thing, or nothing.
func (g *generator) ready() {
	g.inside("{", func() {
		g.line("ch := make(chan string, 1)")
		if g.one(2) {
			g.line("ch <- %s", g.expr(text, 1))
		}
		g.line("select {\ncase s := <-ch:\nfmt.Println(\"got\", s)\ndefault:\nfmt.Println(\"nothing\")\n}")
	})
}

// leave returns from a function now and then.
func (g *generator) leave() {
	if g.inFunc {
		g.inside(fmt.Sprintf("if (%s) {", g.expr(truth, 2)), func() { g.line("return %s", g.expr(integer, 1)) })
		return
	}
	g.line("fmt.Println(%s)", g.expr(truth, 2))
}
