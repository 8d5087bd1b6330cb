package cli

// HistoryVariable is the environment variable that says where a kernel keeps
// its history: a file, or [NoHistory]. Notebooks that a command runs should not fill what
// a user recalls in a console.
const (
	HistoryVariable = "LOCKSTEP_HISTORY"
	NoHistory       = "none"
)
