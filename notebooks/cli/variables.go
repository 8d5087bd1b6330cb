package cli

// ParentVariable is the environment variable that says how JPY_PARENT_PID is meant for a kernel that a command runs: with
// [DirectParent] that process has started the kernel itself.
const (
	ParentVariable = "LOCKSTEP_PARENT"
	DirectParent   = "direct"
)

// HistoryVariable is the environment variable that says where a kernel keeps
// its history: a file, or [NoHistory]. Notebooks that a command runs should not fill what
// a user recalls in a console.
const (
	HistoryVariable = "LOCKSTEP_HISTORY"
	NoHistory       = "none"
)
