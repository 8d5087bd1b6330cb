"""jupyter_kernel_test against the installed kernel, with every switch on.

All 14 tests must run and pass: one that is skipped is a failure.
"""

import os
import sys
import unittest

import jupyter_kernel_test as jkt

KERNEL = "lockstep"
TESTS = 14


class Kernel(jkt.KernelTests):
    kernel_name = KERNEL
    language_name = "go"
    file_extension = ".go"

    code_hello_world = 'fmt.Println("hello, world")'
    code_stderr = 'fmt.Fprintln(os.Stderr, "oops")'
    code_generate_error = 'panic("boom")'
    code_page_something = "fmt.Println?"
    code_inspect_sample = "fmt.Println"
    code_clear_output = "display.Clear(false)"

    # The matches replace the identifier behind the dot.
    completion_samples = [
        {"text": "fmt.Printl", "matches": {"Println"}},
        {"text": "strings.ToUpperS", "matches": {"ToUpperSpecial"}},
    ]
    complete_code_samples = [
        "6*7",
        "x := 1",
        'fmt.Println("hello")',
        "func f() int {\n\treturn 1\n}",
        "type P struct{ A int }",
    ]
    incomplete_code_samples = [
        "func f() {",
        "for i := 0; i < 3; i++ {",
        'fmt.Println("hello",',
        "s := `raw",
        "x :=",
    ]
    invalid_code_samples = [
        "x := )",
        "func 1() {}",
        "for }",
    ]
    code_execute_result = [
        {"code": "6*7", "result": "42"},
        {"code": '"a" + "b"', "result": '"ab"'},
        {"code": "[]int{1, 4, 9}", "result": "[]int{1, 4, 9}"},
    ]
    code_display_data = [
        {"code": 'display.HTML("<b>hi</b>")', "mime": "text/html"},
        {"code": 'display.Markdown("**hi**")', "mime": "text/markdown"},
        {"code": "display.SVG(`<svg xmlns=\"http://www.w3.org/2000/svg\"/>`)", "mime": "image/svg+xml"},
        {"code": 'display.Latex("$x^2$")', "mime": "text/latex"},
        {"code": 'display.JSON(map[string]int{"a": 1})', "mime": "application/json"},
        {"code": 'display.JavaScript("1")', "mime": "application/javascript"},
        {"code": "display.Image(image.NewRGBA(image.Rect(0, 0, 2, 2)))", "mime": "image/png"},
    ]
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "6?7"

    def test_engine(self):
        """The engine is the one that was asked for, not interp for want of it."""
        self.flush_channels()
        _, outputs = self.execute_helper(code="%engine")
        tables = [o["content"]["data"]["text/plain"] for o in outputs if o["msg_type"] == "display_data"]
        self.assertRegex("".join(tables), rf"(?m)^{os.environ['LOCKSTEP_ENGINE']} +in use ")


class Welcome(jkt.IopubWelcomeTests):
    kernel_name = KERNEL
    support_iopub_welcome = True


def main():
    loader = unittest.defaultTestLoader
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Kernel, Welcome))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}", file=sys.stderr)
    if result.testsRun != TESTS:
        print(f"tests: got {result.testsRun}, want {TESTS}", file=sys.stderr)
    whole = result.wasSuccessful() and not result.skipped and not result.expectedFailures and result.testsRun == TESTS
    failed = len(result.failures) + len(result.errors)
    print(f"jupyter_kernel_test: {result.testsRun} run, {failed} failures, {len(result.skipped)} skipped")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
