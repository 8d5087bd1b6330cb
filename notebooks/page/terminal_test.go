package page

import (
	"strings"
	"testing"
)

func TestTerminal(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"plain", "a\nb\n", "a\nb"},
		{"empty line at the end", "a\n\n", "a\n"},
		{"no newline", "a", "a"},
		{"nothing", "", ""},
		{"escaped", "<b>&\"'\n", "&lt;b&gt;&amp;&#34;&#39;"},
		{"escaped inside colour", "\x1b[31m<b>\x1b[0m", `<span class="ansi-1">&lt;b&gt;</span>`},

		{"colour", "\x1b[32mok\x1b[0m done", `<span class="ansi-2">ok</span> done`},
		{"empty reset", "\x1b[32mok\x1b[m done", `<span class="ansi-2">ok</span> done`},
		{"default foreground", "\x1b[1;32ma\x1b[39mb", `<span class="ansi-bold ansi-2">a</span><span class="ansi-bold">b</span>`},
		{"bright", "\x1b[91mx", `<span class="ansi-9">x</span>`},
		{"look lasts over lines", "\x1b[31ma\nb\x1b[0m\nc", "<span class=\"ansi-1\">a</span>\n<span class=\"ansi-1\">b</span>\nc"},
		{"all attributes", "\x1b[1;2;3;4;8;9mx", `<span class="ansi-bold ansi-dim ansi-italic ansi-underline ansi-struck ansi-conceal">x</span>`},
		{"attributes off", "\x1b[1;2;3;4;7;8;9mx\x1b[22;23;24;27;28;29my",
			`<span class="ansi-bold ansi-dim ansi-italic ansi-underline ansi-struck ansi-conceal ansi-inverse">x</span>y`},
		{"background", "\x1b[37;41mx", `<span style="color:#e5e5e5;background:#cd0000">x</span>`},
		{"background alone", "\x1b[43mx", `<span style="color:#000000;background:#cdcd00">x</span>`},
		{"bright background", "\x1b[30;107mx", `<span style="color:#000000;background:#ffffff">x</span>`},
		{"inverse", "\x1b[7mx", `<span class="ansi-inverse">x</span>`},
		{"inverse colour", "\x1b[7;31mx", `<span style="color:#ffffff;background:#cd0000">x</span>`},
		{"inverse background", "\x1b[7;41mx", `<span style="color:#cd0000;background:#ffffff">x</span>`},
		{"256 of the sixteen", "\x1b[38;5;9mx", `<span class="ansi-9">x</span>`},
		{"256 cube", "\x1b[38;5;196;48;5;231mx", `<span style="color:#ff0000;background:#ffffff">x</span>`},
		{"256 grey", "\x1b[48;5;232mx", `<span style="color:#ffffff;background:#080808">x</span>`},
		{"truecolor", "\x1b[48;2;1;2;3mx", `<span style="color:#ffffff;background:#010203">x</span>`},
		{"truecolor with colons", "\x1b[48:2::1:2:3mx", `<span style="color:#ffffff;background:#010203">x</span>`},
		{"truecolor, then bold", "\x1b[48;2;1;2;3;1mx", `<span class="ansi-bold" style="color:#ffffff;background:#010203">x</span>`},
		{"truecolor out of range", "\x1b[48;2;999;0;0mx", `<span style="color:#000000;background:#ff0000">x</span>`},
		{"extended colour cut off", "\x1b[38;5mx", "x"},
		{"unknown parameters", "\x1b[95;77;99mx", `<span class="ansi-13">x</span>`},
		{"private sequence", "\x1b[?25lx\x1b[>4;2my", "xy"},

		{"carriage return", "10%\r100%\n", "100%"},
		{"carriage return, shorter", "100%\r5", "500%"},
		{"carriage return and newline", "a\r\nb\r\n", "a\nb"},
		{"carriage return under colour", "\x1b[31mabc\x1b[0m\rx", `x<span class="ansi-1">bc</span>`},
		{"backspace", "ab\bc", "ac"},
		{"backspace at the start", "\b\bx", "x"},
		{"rubbed out", "ab\b \b", "a"},
		{"backspace stays on its line", "a\n\bb", "a\nb"},
		{"progress bar", "a\nstep 1\n\x1b[1A\x1b[2Kstep 2\n", "a\nstep 2"},
		{"erase to the end", "abc\r\x1b[Kx", "x"},
		{"erase to the start", "abc\b\x1b[1Kx", "  x"},
		{"column", "abc\x1b[2GX", "aXc"},
		{"left and right", "abc\x1b[2DX\x1b[1CY", "aXcY"},
		{"home and clear", "old\nlines\x1b[2J\x1b[Hnew", "new"},
		{"clear below", "a\nb\nc\x1b[2A\x1b[J", "a"},
		{"down stops at the last line", "a\x1b[9Bb", "ab"},

		{"title", "\x1b]0;a title\ax", "x"},
		{"hyperlink", "\x1b]8;;http://example.org\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"unclosed title", "\x1b]0;a title\nx", "\nx"},
		{"lone escape at the end", "x\x1b", "x"},
		{"unfinished sequence", "x\x1b[3", "x"},
		{"sequence broken by text", "\x1b[3é", "é"},
		{"character set", "\x1b(Bx", "x"},
		{"bell and null", "a\a\x00b", "ab"},
		{"eight-bit introducer", "\u009b31mx", `<span class="ansi-1">x</span>`},
		{"tab", "a\tb", "a\tb"},
		{"wide characters", "日本\r中", "中本"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(terminalLines(tt.in), "\n"); got != tt.want {
				t.Errorf("%q\ngot  %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestTerminalIsBounded(t *testing.T) {
	for _, in := range []string{
		strings.Repeat("x", 10*maxColumns),
		"\x1b[999999999Cx" + strings.Repeat("y", 100),
		"\x1b[99999999999999999999Cx",
		strings.Repeat("\x1b[19999Cx", 1000),
	} {
		lines := terminalLines(in)
		if len(lines) != 1 || len([]rune(lines[0])) > maxColumns+1 {
			t.Errorf("%.20q: %d lines, the first of %d characters", in, len(lines), len(lines[0]))
		}
	}
}

// An exact colour has no theme, so it must be readable in both.
func TestExactColoursAreReadable(t *testing.T) {
	for n := range 256 {
		for _, dark := range []bool{false, true} {
			c := readableInTerminal(indexed(n), dark)
			for name := range strings.FieldsSeq(terminals) {
				if got := contrast(c, surface(name, dark)); got < minContrast {
					t.Errorf("colour %d on %s, dark %v: contrast %.2f, want %v", n, name, dark, got, minContrast)
				}
			}
		}
	}
	if got := readableInTerminal(rgb{0, 0, 128}, false); got != (rgb{0, 0, 128}) {
		t.Errorf("navy on light paper became %v", got)
	}
}

func TestPaletteContrast(t *testing.T) {
	for _, s := range palette {
		for name := range strings.FieldsSeq(s.on) {
			for _, dark := range []bool{false, true} {
				if got := contrast(surface(s.name, dark), surface(name, dark)); got < minContrast {
					t.Errorf("%s on %s, dark %v: contrast %.2f, want at least %v", s.name, name, dark, got, minContrast)
				}
			}
		}
	}
}

func FuzzTerminal(f *testing.F) {
	f.Add("a\x1b[1;38;5;12mb\x1b[0m\r\n\b\x1b[2K\x1b[3A\x1b]8;;x\ay<&>")
	f.Fuzz(func(t *testing.T, in string) {
		for _, line := range terminalLines(in) {
			rest := line
			for {
				_, after, found := strings.Cut(rest, "<")
				if !found {
					break
				}
				if !strings.HasPrefix(after, "span class=\"") && !strings.HasPrefix(after, "span style=\"") && !strings.HasPrefix(after, "/span>") {
					t.Fatalf("%q gives a tag of its own: %q", in, line)
				}
				rest = after
			}
			if strings.Count(line, "<span") != strings.Count(line, "</span>") || strings.ContainsAny(line, "\n\r\x1b\b") {
				t.Fatalf("%q: unbalanced or raw controls: %q", in, line)
			}
		}
	})
}
