"""Drive the installed kernel with a Jupyter tool, and look at what comes out.

usage: tools.py nbconvert|execute|papermill|console|terminal NOTEBOOK

The kernel is the one that the notebook names.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import nbformat

LIMIT = 900  # seconds for one tool: a lesson measures, and the machine may be small
BIN = Path(sys.executable).parent


def main():
    tool, notebook = sys.argv[1], Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as out:
        TOOLS[tool](notebook, Path(out))


def nbconvert(notebook, out):
    jupyter("nbconvert", "--to", "notebook", "--execute", "--output-dir", out, "--output", "done", notebook)
    jupyter("nbconvert", "--to", "html", "--output-dir", out, "--output", "theirs", out / "done.ipynb")
    theirs = Page((out / "theirs.html").read_text())
    cells = code_cells(notebook)
    expect(len(theirs.prompts) == len(cells), f"prompts of executed cells: got {theirs.prompts}, want {len(cells)}")
    expect(theirs.tables > 0, "the page shows no table")

    # What it shows is on our own page of the same notebook, too.
    run(os.environ["LOCKSTEP"], "export", out / "done.ipynb", "-o", out)
    ours = Page((out / "done.html").read_text())
    missing = sorted(theirs.words() - ours.words())
    expect(not missing, f"nbconvert's page shows what ours does not: {missing}")
    for what in ("tables", "pictures", "links"):
        expect(getattr(ours, what) >= getattr(theirs, what), f"{what}: {getattr(ours, what)}, on nbconvert's page {getattr(theirs, what)}")
    print(f"nbconvert: {len(cells)} cells executed; {theirs.tables} tables, {theirs.pictures} pictures and {len(theirs.words())} words are on both pages")


def execute(notebook, out):
    jupyter("execute", f"--output={out / 'done.ipynb'}", notebook)
    print("jupyter execute:", check_executed(out / "done.ipynb", notebook))


def papermill(notebook, out):
    run(sys.executable, "-m", "papermill", "--no-progress-bar", notebook, out / "done.ipynb")
    said = check_executed(out / "done.ipynb", notebook)
    record = nbformat.read(out / "done.ipynb", 4).metadata.papermill
    expect(record.exception is None, f"papermill's record: exception {record.exception}")
    print("papermill:", said)
    parameters(out)


def parameters(out):
    """papermill's -p, with the lines that the how-to tells to write."""
    how_to = (Path(__file__).parent.parent / "docs" / "howto.md").read_text()
    (out / "papermill_go.py").write_text(re.search(r"```python\n(.*?)```", how_to, re.DOTALL)[1])
    book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "lockstep", "display_name": "Go (lockstep)", "language": "go"}})
    book.cells = [nbformat.v4.new_code_cell(source) for source in ('size, name, on := 5, "nobody", false', "fmt.Println(size, name, on)")]
    book.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(book, out / "given.ipynb")
    run(sys.executable, out / "papermill_go.py", "--no-progress-bar", out / "given.ipynb", out / "set.ipynb", "-p", "size", "7", "-p", "name", 'Ada "A"', "-p", "on", "True")
    shown = "".join(o.get("text", "") for c in nbformat.read(out / "set.ipynb", 4).cells for o in c.outputs)
    expect(shown == '7 Ada "A" true\n', f"papermill -p: got {shown!r}")
    print("papermill -p: the parameters are set")


def console(notebook, out):
    """Type the lesson into the simple prompt. It sends each line as a cell of its
    own, so Go goes in with its lines joined; cells with a magic on their first line
    cannot be typed there, nor those that use a name saved by one: terminal has them."""
    cells = code_cells(notebook)
    typed = typeable(cells)
    expect(len(typed) >= 3, f"cells that can be typed: got {len(typed)} of {len(cells)}, want 3")
    lines = [line for cell in typed for line in typed_lines(cell)]
    said = jupyter("console", "--simple-prompt", "--no-confirm-exit", "--kernel", kernel_name(notebook),
                   stdin="\n".join(lines + [LAST_LINE, ""]))
    numbers = [int(n) for n in re.findall(r"^In \[(\d+)\]:", said, re.MULTILINE)]
    expect(numbers == list(range(1, len(lines) + 3)), f"{said}\nprompts: got {numbers}, want {len(lines) + 2}")
    expect_no_error(said)
    print(f"console: {len(typed)} of {len(cells)} cells executed, in {len(lines)} lines")


def terminal(notebook, out):
    """Paste the lesson, cell by cell, into the console in a terminal. There the kernel
    decides whether a text is complete; a blank line ends a cell with a magic."""
    import pexpect  # here, because there is none for Windows

    environ = dict(os.environ, TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1")
    child = pexpect.spawn(str(BIN / "jupyter"), ["console", "--no-confirm-exit", "--kernel", kernel_name(notebook)],
                          env=environ, encoding="utf-8", timeout=LIMIT, dimensions=(50, 200))
    child.logfile_read = said = io.StringIO()
    cells = code_cells(notebook) + [LAST_LINE]
    try:
        for number, cell in enumerate(cells, start=1):
            child.expect(prompt(number))
            text = cell + "\n\n" if cell.startswith("%%") else cell
            child.send("\x1b[200~" + text + "\x1b[201~\r")
        child.expect(prompt(len(cells) + 1))
        child.sendeof()
        child.expect(pexpect.EOF)
    except (pexpect.TIMEOUT, pexpect.EOF) as e:
        sys.exit(f"{plain(said.getvalue())}\n{type(e).__name__} after cell {number}")
    expect_no_error(said.getvalue())
    print(f"console in a terminal: {len(cells) - 1} cells executed")


def prompt(number):
    """The prompt as the terminal gets it, colours and all."""
    colour = r"(\x1b\[[0-9;?]*[a-zA-Z])*"
    return rf"In \[{colour}{number}{colour}\]: "


TOOLS = {"nbconvert": nbconvert, "execute": execute, "papermill": papermill, "console": console, "terminal": terminal}

# Typed last, to see that what came before has left the kernel alive.
LAST_LINE = 'fmt.Println("last", "word", 6*7)'


# How the kernel's errors begin, behind the prompt where there is one.
ERROR = re.compile(r"^(In \[\d+\]: )*(Traceback|((compile|syntax|usage|magic|command|fatal) error|panic|exit|interrupted|session ended)\b)", re.MULTILINE)


def expect_no_error(said):
    said = plain(said)
    expect("last word 42" in said, f"{said}\nthe line typed last was not executed")
    error = ERROR.search(said)
    expect(not error, f"{said}\nit printed an error: {error and error[0]}")


SAVED = re.compile(r"--save[ =](\w+)")
DEFINED = re.compile(r"^(?:func|var|const|type)\s+(?:\([^)]*\)\s*)?(\w+)|^(\w+(?:\s*,\s*\w+)*)\s*:=", re.MULTILINE)


def typeable(cells):
    """The cells without a cell magic that use no name from a cell left out."""
    typed, missing = [], set()
    for cell in cells:
        if cell.startswith("%%"):
            missing.update(SAVED.findall(cell))
        elif missing.isdisjoint(re.findall(r"\w+", cell)):
            typed.append(cell)
        else:
            missing.update(name for names in DEFINED.findall(cell) for name in re.findall(r"\w+", " ".join(names)))
    return typed


def typed_lines(cell):
    """The cell as lines that each are a cell: Go joined, line magics and commands apart."""
    lines, go = [], []
    for line in cell.splitlines():
        if line.startswith(("%", "!", "?")):
            lines += [one_line("\n".join(go)), line]
            go = []
        else:
            go.append(line)
    return [line for line in lines + [one_line("\n".join(go))] if line]


TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|`[^`]*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\w+|\n|[^\S\n]+|\+\+|--|.""", re.DOTALL)


def one_line(code):
    """Go code with the line ends that mean something written as semicolons
    (https://go.dev/ref/spec#Semicolons) and the others as spaces."""
    joined, last = "", ""
    for token in TOKEN.findall(code + "\n"):
        if token.startswith(("//", "/*")):
            continue
        expect(token == "\n" or "\n" not in token, f"a raw string of several lines cannot be typed: {token}")
        if token != "\n":
            joined += token
            last = token if token.strip() else last
        else:
            ends = re.fullmatch(r"""\w+|[`"'].*|\+\+|--|[)\]}]""", last)
            joined += "; " if ends else " "
            last = ""
    return re.sub(r";?\s*$", "", joined).strip()


def kernel_name(notebook):
    return nbformat.read(notebook, 4).metadata.kernelspec.name


def plain(text):
    """Text without the terminal's control sequences."""
    return re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-_])|\r", "", text)


def check_executed(done, notebook):
    """Check that each cell of the lesson ran, without an error, and showed a table."""
    executed = nbformat.read(done, 4)
    nbformat.validate(executed)
    cells = [c for c in executed.cells if c.cell_type == "code" and c.source.strip()]
    expect(len(cells) == len(code_cells(notebook)), f"cells: got {len(cells)}, want {len(code_cells(notebook))}")
    counts = [c.execution_count for c in cells]
    expect(counts == list(range(1, len(cells) + 1)), f"execution counts: got {counts}")
    outputs = [o for c in cells for o in c.outputs]
    errors = [o.evalue for o in outputs if o.output_type == "error"]
    expect(not errors, f"errors: {errors}")
    tables = [o for o in outputs if "<table" in o.get("data", {}).get("text/html", "")]
    expect(tables, "no cell shows a table")
    return f"{len(cells)} cells executed, {len(tables)} tables"


def code_cells(notebook):
    return [c.source for c in nbformat.read(notebook, 4).cells if c.cell_type == "code" and c.source.strip()]


class Page(HTMLParser):
    """What is on a page: prompts of executed cells, tables, pictures, links, and its text."""

    def __init__(self, text):
        super().__init__()
        self.prompts, self.tables, self.pictures, self.links = [], 0, 0, 0
        self.text, self.inside = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tables += tag == "table"
        self.pictures += tag in ("svg", "img")
        self.links += tag == "a" and not dict(attrs).get("href", "#").startswith("#")
        if tag in ("script", "style", "title"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if m := re.fullmatch(r"\s*In\s\[(\d+)\]:\s*", data):
            self.prompts.append(int(m[1]))
        if not self.inside:
            self.text.append(data)

    def words(self):
        """All words and numbers that are to be read; pieces of one may stand in several elements."""
        return set(re.findall(r"\w+", "".join(self.text)))


def jupyter(*args, **more):
    return run(BIN / "jupyter", *args, **more)


def run(*command, stdin=None):
    """Run a tool; show what it said, and fail, if it fails."""
    tool = subprocess.Popen([str(c) for c in command], text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        said, _ = tool.communicate(stdin, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        tool.terminate()  # gently: it then ends its kernel
        said, _ = tool.communicate()
        sys.exit(f"{said}\n{command[0]} was ended after {LIMIT} s")
    expect(tool.returncode == 0, f"{said}\n{command[0]} ended with {tool.returncode}")
    return said


def expect(holds, what):
    if not holds:
        sys.exit(what)


if __name__ == "__main__":
    main()
