package cells

import "testing"

func TestTableCountsWhatDisagrees(t *testing.T) {
	tab := &Table{Verdict: "agrees", Columns: []string{"workload", "interp"}}
	tab.Add(nil, "a", "1.00")
	tab.Add([]string{"interp"}, "b", "2.00")
	if tab.Failed != 1 {
		t.Errorf("got %d failed rows, want 1", tab.Failed)
	}
	want := "| workload | interp | agrees |\n|---|---|---|\n| a | 1.00 | yes |\n| b | 2.00 | **no**: interp |\n"
	if got := tab.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
