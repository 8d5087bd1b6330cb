"""Make the private Python environment of the clients, once, and print its folder.

usage: environment.py CACHE_DIR [gateway]

With gateway it is that of Jupyter Enterprise Gateway, which cannot live with the other clients.

The folder's name has a hash of the pinned requirements and of the Python version in
it. A marker file is written last: without it the folder is what an ended run left.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = [HERE / "requirements.txt", HERE.parent / "install" / "jupyter" / "requirements.txt"]


def main():
    cache = Path(sys.argv[1]).resolve()
    cache.mkdir(parents=True, exist_ok=True)
    name, requirements = "clients", REQUIREMENTS
    if sys.argv[2:] == ["gateway"]:
        name, requirements = "gateway", [HERE / "gateway.txt"]
    key = hashlib.sha256(b"%d.%d" % sys.version_info[:2])
    for file in requirements:
        key.update(file.read_bytes())
    folder = cache / (name + "-" + key.hexdigest()[:12])
    with open(str(folder) + ".lock", "w") as lock:
        wait_for(lock)
        marker = folder / "complete"
        python = folder / "bin" / "python"
        if not (marker.exists() and python.exists()):
            shutil.rmtree(folder, ignore_errors=True)
            print(f"making {folder}, once", file=sys.stderr)
            run(sys.executable, "-m", "venv", folder)
            run(python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "-r", requirements[0])
            marker.touch()
    print(folder)


def wait_for(lock):
    """Keep two runs from building at the same time."""
    import fcntl  # here, so that the error of a Windows is about what needs it

    fcntl.flock(lock, fcntl.LOCK_EX)


def run(*command):
    # Standard output is for the folder alone.
    subprocess.run([os.fspath(c) for c in command], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
