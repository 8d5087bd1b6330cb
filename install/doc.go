// Package install puts the kernel where Jupyter finds it, takes it away again,
// and says what a machine has and lacks.
//
// Reading order: [System] is what the package asks of the machine, [Spec] is a
// kernelspec on disk, [Install] and [Uninstall] write and remove one together
// with a lasting copy of the program, [Doctor] looks and reports.
//
// The places are those of jupyter_core (its paths.py): the user's data folder,
// an environment's prefix, and what JUPYTER_PATH and JUPYTER_DATA_DIR say. No
// Python is needed for any of it; where there is one, it is asked for its
// prefix. Starting JupyterLab is the subpackage jupyter.
package install

//go:generate go run ./logo kernelspec
