package live_test

import "testing"

func TestCapture(t *testing.T) {
	n := newNotebook(t)
	n.steps([]step{
		{"%%capture out\nfmt.Println(1)\n!echo 2\n\nprintln(3)\ndisplay.HTML(\"<b>4</b>\")\n6 * 7", ""},
		{"out.Stdout", `"1\n2\n"`},
		{"out.Stderr", `"3\n"`},
		{"len(out.Shown)", "2"},
		{"fmt.Println(out.Shown[0].Data[\"text/html\"], out.Shown[1].Data[\"text/plain\"])", "«<b>4</b> 42\n»"},
		{"out.Show()", ""},
		{"%%capture out\nfmt.Println(\"gone\")\ndisplay.Clear(false)\nfmt.Println(\"stays\")", ""},
		{"out.Stdout", `"stays\n"`},
		{"%%capture out\n\nfmt.Println(5)\npanic(\"no\")", "error: \x1b[31mpanic\x1b[0m: no\n\x1b[2mat cell 9, line 4\x1b[0m\n    4 | panic"},
		{"out.Stdout", `"5\n"`},
		{"%%capture\nfmt.Println(6)", ""},
		{"fmt.Println(7)", "«7\n»"},
	})
}
