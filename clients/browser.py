"""Use JupyterLab, and read the pages, in a real browser.

usage: browser.py LOCKSTEP LESSON PAGES CACHE_DIR

Chromium is the one that this machine has; where root has apt-get it is installed otherwise. The
pinned packages of npm are installed into CACHE_DIR, once, and the screenshots stay there.
Exit status 75: something is missing here; the last line says what.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import lab

HERE = Path(__file__).resolve().parent / "browser"
CHROMIUM = "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"
MISSING = 75

# The notebook in which a user types: %s is the notebook's own kernel.
TRIAL = {
    "cells": [{"cell_type": "code", "id": "first", "execution_count": None, "metadata": {}, "outputs": [], "source": ""}],
    "metadata": {"kernelspec": {"display_name": "Go (lockstep)", "language": "go", "name": "lockstep"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def main():
    lockstep, lesson, pages, cache = sys.argv[1:]
    cache = Path(cache).resolve()
    tools = packages(cache)
    environ = dict(os.environ, CHROMIUM=chromium(), NODE_MODULES=str(tools / "node_modules"))
    shots = cache / "screenshots"
    shutil.rmtree(shots, ignore_errors=True)
    shots.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        # Copies: JupyterLab writes into what it shows.
        notebook = Path(shutil.copy(lesson, folder))
        (Path(folder) / "trial.ipynb").write_text(json.dumps(TRIAL))
        with lab.started(lockstep, folder) as (_, server):
            node(environ, "lab.mjs", server["url"], lab.TOKEN, notebook.name, shots)
        sanitized = Path(folder) / "sanitized"
        run(lockstep, "export", "--sanitize", "-o", sanitized, HERE / "hostile.ipynb")
        node(environ, "sanitized.mjs", sanitized / "hostile.html", shots)
    node(environ, "pages.mjs", pages, shots)
    print(f"screenshots: {shots}")


def packages(cache):
    """The folder with the packages that package.json names."""
    if not shutil.which("npm"):
        missing("Node.js with npm")
    wanted = (HERE / "package.json").read_bytes()
    folder = cache / ("browser-" + hashlib.sha256(wanted).hexdigest()[:12])
    marker = folder / "complete"
    if not marker.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_bytes(wanted)
        run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
        marker.touch()
    return folder


def chromium():
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        environ = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run("apt-get", "-qq", "update", env=environ)
        run("apt-get", "-qq", "-y", "-o=Dpkg::Use-Pty=0", "install", "--no-install-recommends", "chromium", env=environ, stdout=subprocess.DEVNULL)
        found = shutil.which("chromium")
    return found or missing("Chromium (or Google Chrome) on the PATH")


def missing(what):
    print(f"the browser tests need {what}")
    sys.exit(MISSING)


def node(environ, script, *args):
    run("node", HERE / script, *args, env=environ)


def run(*command, **options):
    try:
        subprocess.run([os.fspath(c) for c in command], check=True, **options)
    except subprocess.CalledProcessError as failed:
        sys.exit(str(failed))


if __name__ == "__main__":
    main()
