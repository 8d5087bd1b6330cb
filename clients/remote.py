"""Start the kernel from the kernelspecs of docs/remote, by Jupyter's own machinery.

usage: remote.py provisioner|server|gateway

provisioner: jupyter_client's kernel provisioner that the kernelspec names.
server: a Jupyter server as the gateway of another one, whose kernels run where the first is.
gateway: Jupyter Enterprise Gateway with the process proxy that the kernelspec names.
The program has to be on the PATH as lockstep. gateway wants an environment of its own, which environment.py makes.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

KERNELS = Path(__file__).resolve().parent.parent / "docs" / "remote" / "kernels"
LIMIT = 180  # seconds for one step: the native engine may have to be made ready
ENGINE = {"LOCKSTEP_ENGINE": "interp"}


def main():
    os.environ["JUPYTER_PATH"] = str(KERNELS.parent)
    os.environ.update(ENGINE)
    {"provisioner": provisioner, "server": server, "gateway": gateway}[sys.argv[1]]()


def read_spec(name):
    """The kernelspec as it stands in its file, with what every one has to have."""
    spec = json.loads((KERNELS / name / "kernel.json").read_text())
    expect(spec["argv"] == ["lockstep", "kernel", "{connection_file}"], f"{name}: argv {spec['argv']}")
    expect(spec["language"] == "go" and spec["interrupt_mode"] == "message", f"{name}: {spec}")
    unknown = set(spec) - {"argv", "display_name", "language", "interrupt_mode", "env", "metadata"}
    expect(not unknown, f"{name}: keys that Jupyter does not know: {unknown}")
    return spec


def provisioner():
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager
    from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

    name = "lockstep-provisioned"
    wanted = read_spec(name)["metadata"]["kernel_provisioner"]["provisioner_name"]
    spec = KernelSpecManager().get_kernel_spec(name)
    factory = KernelProvisionerFactory.instance()
    expect(factory.is_provisioner_available(spec), f"jupyter_client has no provisioner {wanted}")
    # A name that it does not have is refused: so what is tested is the name in the file.
    other = KernelSpecManager().get_kernel_spec(name)
    other.metadata["kernel_provisioner"]["provisioner_name"] = "no-such-provisioner"
    expect(not factory.is_provisioner_available(other), "any provisioner is taken")

    manager = KernelManager(kernel_name=name)
    manager.start_kernel()
    try:
        expect(type(manager.provisioner) is LocalProvisioner, f"provisioner: got {manager.provisioner!r}")
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=LIMIT)
        expect(run(client, "x := 6 * 7\nx") == "42", "6 * 7")
        interrupted(manager, client)
        expect(run(client, "x") == "42", "x after an interrupt")
        manager.restart_kernel()
        client.wait_for_ready(timeout=LIMIT)
        expect(run(client, "1 + 1") == "2", "after a restart")
        client.stop_channels()
    finally:
        manager.shutdown_kernel()
    print(f"provisioner: {wanted} started, interrupted, restarted and stopped the kernel")


def run(client, code):
    """What a cell shows as its result."""
    shown = []
    reply = client.execute_interactive(code, timeout=LIMIT, output_hook=shown.append)
    expect(reply["content"]["status"] == "ok", f"{code}: {reply['content']}")
    return "".join(m["content"]["data"]["text/plain"] for m in shown if m["msg_type"] == "execute_result")


def interrupted(manager, client):
    """A cell that never ends is interrupted once it has said that it runs."""
    def hook(message):
        if message["msg_type"] == "stream" and "running" in message["content"]["text"]:
            manager.interrupt_kernel()

    reply = client.execute_interactive('fmt.Println("running")\nfor {\n}', timeout=LIMIT, output_hook=hook)
    expect(reply["content"]["status"] == "error", f"an endless cell: {reply['content']}")


def server():
    """The notebook's side knows the other one only by its address and token."""
    name = "lockstep-provisioned"
    read_spec(name)
    with tempfile.TemporaryDirectory() as home:
        far, token = free_port(), secrets.token_hex(16)
        with Program([sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", f"--port={far}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={home}"],
                     home, JUPYTER_TOKEN=token) as there:
            there.answers(far, token)
            near = free_port()
            with Program([sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", f"--port={near}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={home}",
                          f"--gateway-url=http://127.0.0.1:{far}"], home, JUPYTER_TOKEN=token, JUPYTER_GATEWAY_AUTH_TOKEN=token, JUPYTER_PATH="/nonexistent") as here:
                here.answers(near, token)
                use(near, token, name)
                running = ask(far, token, "kernels")
                expect([k["name"] for k in running] == [name], f"kernels on the far side: {running}")
    print("server: the kernel ran on the far server, driven through the near one")


def gateway():
    name = "lockstep-gateway"
    read_spec(name)
    with tempfile.TemporaryDirectory() as home:
        port, token = free_port(), secrets.token_hex(16)
        with Program([sys.executable, "-m", "enterprise_gateway", f"--port={port}", "--ip=127.0.0.1", "--EnterpriseGatewayApp.port_retries=0"],
                     home, EG_AUTH_TOKEN=token, EG_INHERITED_ENVS="PATH,HOME,XDG_CACHE_HOME,XDG_DATA_HOME,LOCKSTEP_ENGINE") as there:
            there.answers(port, token)
            use(port, token, name)
    print("gateway: the kernel ran behind Jupyter Enterprise Gateway")


def use(port, token, name):
    """Start a kernel through the REST API, run a cell over its websocket and stop it."""
    specs = ask(port, token, "kernelspecs")["kernelspecs"]
    expect(name in specs, f"kernelspecs: got {sorted(specs)}")
    kernel = ask(port, token, "kernels", {"name": name, "env": {**ENGINE, "KERNEL_USERNAME": "reader"}})
    reply, shown = execute(port, token, kernel["id"], 'fmt.Println("here")\n6 * 7')
    expect(reply["status"] == "ok" and shown == ["here\n", "42"], f"a cell: got {reply}, {shown}")


def execute(port, token, kernel, code):
    import asyncio

    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    async def talk():
        request = HTTPRequest(f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels", headers={"Authorization": f"token {token}"})
        socket = await websocket_connect(request)

        async def send(kind, content):
            header = {"msg_id": secrets.token_hex(8), "msg_type": kind, "session": secrets.token_hex(8), "username": "", "version": "5.3", "date": "2026-01-01T00:00:00Z"}
            await socket.write_message(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}))
            return header

        # What a kernel publishes before somebody has subscribed is lost, and a gateway subscribes when it likes: it is asked
        # until something published comes.
        heard = asyncio.ensure_future(published(socket))
        while not heard.done():
            await send("kernel_info_request", {})
            await asyncio.wait([heard], timeout=1)
        header = await send("execute_request", {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False, "stop_on_error": True})
        reply, shown = None, []
        while True:
            text = await socket.read_message()
            expect(text is not None, "the websocket was closed")
            message = json.loads(text)
            if message["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "stream":
                shown.append(content["text"])
            elif kind == "execute_result":
                shown.append(content["data"]["text/plain"])
            elif kind == "execute_reply":
                reply = content
            idle = kind == "status" and content["execution_state"] == "idle"
            if reply and idle:
                socket.close()
                return reply, shown

    return asyncio.run(asyncio.wait_for(talk(), LIMIT))


async def published(socket):
    """Wait for a message that the kernel has published."""
    while True:
        text = await socket.read_message()
        expect(text is not None, "the websocket was closed")
        if json.loads(text)["header"]["msg_type"] == "status":
            return


def ask(port, token, what, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/{what}", data, {"Authorization": f"token {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return json.load(answer)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    """A server that runs while its block does; what it has said is shown if that fails."""

    def __init__(self, command, home, **environment):
        self.log = tempfile.TemporaryFile(mode="w+")
        environment = dict(os.environ, JUPYTER_DATA_DIR=home + "/data", JUPYTER_CONFIG_DIR=home + "/config", JUPYTER_RUNTIME_DIR=home + "/run", **environment)
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, cwd=home)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if kind is not None:
            self.log.seek(0)
            print(self.log.read(), file=sys.stderr)

    def answers(self, port, token):
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            expect(self.process.poll() is None, f"{self.process.args} has ended")
            try:
                ask(port, token, "kernelspecs")
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)  # until it takes connections
        sys.exit(f"{self.process.args} does not answer")


def expect(ok, message):
    if not ok:
        sys.exit(message)


if __name__ == "__main__":
    main()
