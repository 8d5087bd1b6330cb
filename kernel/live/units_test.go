package live_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"lockstep/kernel/live"
)

// TestUnitsCost looks at what %engine tells of loaded units, and when the user is told by itself, where a channel
// keeps the process from being recycled.
func TestUnitsCost(t *testing.T) {
	n := nativeNotebookWith(t, live.Options{Engine: live.Native, ManyUnits: 3})
	n.steps([]step{{"%engine", "no units loaded"}})
	var told []int
	for i := range 5 {
		_, out, err := n.run(t.Context(), fmt.Sprintf("func f%d() { fmt.Println(%d) }\nvar c%d chan int\nc%d = make(chan int)", i, i, i, i))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out, "%recycle") {
			told = append(told, i)
		}
	}
	if fmt.Sprint(told) != "[2]" {
		t.Errorf("told after units %v, want after the third, index 2, alone", told)
	}
	_, out, _ := n.run(t.Context(), "%engine")
	m := regexp.MustCompile(`5 units loaded, which take (\d+\.\d) MB of memory`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("got %s", out)
	}
	t.Log(m[0])
	// Each holds fmt and what that needs.
	if megabytes, _ := strconv.ParseFloat(m[1], 64); megabytes < 1 || megabytes > 100 {
		t.Errorf("got %s", m[0])
	}
	n.steps([]step{
		{"v := 7", ""},
		{"f1()", "«1\n»"},
		{"c0, c1, c2, c3, c4 = nil, nil, nil, nil, nil\n%engine --restart", ""},
		{"%engine", "1 unit loaded"},
		{"f1()", "«1\n»"},
	})
}
