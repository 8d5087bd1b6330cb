// Package jupyter starts JupyterLab with this kernel in it, on a machine where
// neither has been installed.
//
// [Lab] takes the jupyter-lab that the user has, else the one in a private Python
// environment that [Ensure] makes once in the cache folder from pinned
// requirements. The kernel is found through a kernelspec of its own (JUPYTER_PATH)
// that lives as long as JupyterLab runs.
package jupyter
