"""Start `lockstep lab` as a user does, and see the kernel run in it.

usage: lab.py LOCKSTEP DIR

Jupyter's folders must be private ones (JUPYTER_CONFIG_DIR, JUPYTER_RUNTIME_DIR).
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
from jupyter_client.blocking import BlockingKernelClient

LIMIT = 120  # seconds for each of the things waited for
TOKEN = "check"


def main():
    lockstep, folder = sys.argv[1:]
    with started(lockstep, folder) as (lab, server):
        specs = ask(server, "kernelspecs")
        expect(specs["default"] == "lockstep", f"default kernel: got {specs['default']}")
        spec = specs["kernelspecs"]["lockstep"]
        expect(spec["spec"]["argv"][0] == os.path.realpath(lockstep), f"argv: got {spec['spec']['argv']}, want {lockstep}")
        expect("logo-svg" in spec["resources"], f"resources: got {spec['resources']}")
        kernel = ask(server, "kernels", {"name": "lockstep"})["id"]
        answer = execute(kernel, "6*7")
        expect(answer == "42", f"6*7: got {answer}")
        below = psutil.Process(lab.pid).children(recursive=True)
        expect(len(below) > 1, f"processes: got {below}, want JupyterLab and the kernel")
        lab.send_signal(signal.SIGINT)
        status = lab.wait(LIMIT)
        expect(status == 0, f"lockstep lab ended with {status} after Ctrl-C")
        _, left = psutil.wait_procs(below, LIMIT)
        expect(not left, f"still running: {left}")
    print(f"lockstep lab: JupyterLab came up, the kernel answered, Ctrl-C ended all {len(below) + 1} processes")


@contextlib.contextmanager
def started(lockstep, folder):
    """JupyterLab as `lockstep lab` starts it: its process, and its record of itself."""
    config = Path(os.environ["JUPYTER_CONFIG_DIR"])
    config.mkdir(parents=True, exist_ok=True)
    settings = {"ServerApp": {"open_browser": False, "port": 0}, "IdentityProvider": {"token": TOKEN}}
    (config / "jupyter_server_config.json").write_text(json.dumps(settings))
    lab = subprocess.Popen([lockstep, "lab", folder], stdin=subprocess.DEVNULL)
    try:
        yield lab, wait(lambda: running(lab), "JupyterLab to come up")
    finally:
        if lab.poll() is None:
            lab.terminate()
            lab.wait(LIMIT)


def running(lab):
    """The server's own record of itself, once it answers."""
    expect(lab.poll() is None, f"lockstep lab ended with {lab.returncode}")
    for file in Path(os.environ["JUPYTER_RUNTIME_DIR"]).glob("jpserver-*.json"):
        try:
            server = json.loads(file.read_text())
            ask(server, "status")
            return server
        except (OSError, ValueError):
            pass  # not written to its end, or not answering yet
    return None


def ask(server, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server["url"] + "api/" + path, data, {"Authorization": "token " + TOKEN})
    with urllib.request.urlopen(request, timeout=LIMIT) as reply:
        return json.load(reply)


def execute(kernel, code):
    """The text of the result of code in a kernel of the server."""
    client = BlockingKernelClient(connection_file=os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LIMIT)
        results = []

        def keep(message):
            if message["msg_type"] == "execute_result":
                results.append(message["content"]["data"]["text/plain"])

        reply = client.execute_interactive(code, timeout=LIMIT, output_hook=keep)
        expect(reply["content"]["status"] == "ok", f"{code}: {reply['content']}")
        return "".join(results)
    finally:
        client.stop_channels()


def wait(condition, what):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if got := condition():
            return got
        time.sleep(0.1)
    sys.exit(f"waited {LIMIT} s for {what}")


def expect(holds, what):
    if not holds:
        sys.exit(what)


if __name__ == "__main__":
    main()
