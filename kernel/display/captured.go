package display

// Captured is what a cell under %%capture put out. It is a plain value: it can be
// kept, compared and sent to worker processes.
type Captured struct {
	// Stdout and Stderr are what was printed, also by commands that the cell ran.
	Stdout, Stderr string
	// Shown is what was displayed, in order; the value of the cell's last expression is last.
	Shown []Bundle
}

// Show puts it out again: what was printed as text, first standard output and then
// standard error, then what was displayed.
func (c Captured) Show() {
	o := outletFor("Captured.Show")
	for _, text := range []string{c.Stdout, c.Stderr} {
		if text != "" {
			o.host.Show(Message{Bundle: Bundle{Data: map[string]any{MIMEText: text}}})
		}
	}
	for _, b := range c.Shown {
		o.host.Show(Message{Bundle: b})
	}
}
