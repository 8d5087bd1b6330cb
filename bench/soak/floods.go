package main

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// floods are what cells bring too much of, and output that is no text. In the short form there is a tenth.
func floods(ctx context.Context, b *bed, short bool, t *tally) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	if err := expect(ctx, k, "import (\"fmt\"; \"os\"; \"strings\"; \"runtime\")\nkeep := 5", ""); err != nil {
		return err
	}
	megabytes, goroutines := 1000, 100_000
	if short {
		megabytes, goroutines = megabytes/10, goroutines/10
	}
	t.check("output without a newline", expect(ctx, k, "fmt.Print(\"one \")\nfmt.Fprint(os.Stderr, \"two\")", "one two"))
	t.check("output after one without a newline", expect(ctx, k, "fmt.Print(\"three\")", "three"))
	t.check("binary output", binaryOutput(ctx, k))
	before, err := footprintOf(ctx, k)
	if err != nil {
		return err
	}
	most, err := flood(ctx, k, fmt.Sprintf("line := strings.Repeat(\"x\", 1<<10-1) + \"\\n\"\nfor range %d { fmt.Print(line) }", megabytes<<10), megabytes<<20)
	if err == nil && most > before.bytes+floodLimitMB<<20 {
		err = fmt.Errorf("the kernel had %d MB, and %d MB before", most>>20, before.bytes>>20)
	}
	t.check(fmt.Sprintf("%d MB of output", megabytes), err)
	t.note("%d MB of output: the kernel had at most %d MB more than before", megabytes, (int64(most)-int64(before.bytes))>>20)
	t.check("a leak of goroutines", expect(ctx, k, fmt.Sprintf("for range %d { go func() { select {} }() }", goroutines), ""))
	t.note("%d goroutines leaked: %s", goroutines, memoryOf(ctx, k))
	t.check("the leak is there", expect(ctx, k, fmt.Sprintf("runtime.NumGoroutine() >= %d", goroutines), "true"))
	t.check("after all floods", expect(ctx, k, "keep", "5"))
	return nil
}

// binaryOutput prints every byte there is. What is no UTF-8 comes as the sign for that, all else as it was.
func binaryOutput(ctx context.Context, k *client.Kernel) error {
	r, err := execute(ctx, k, "all := make([]byte, 256)\nfor i := range all { all[i] = byte(i) }\nos.Stdout.WriteString(\"before\")\nos.Stdout.Write(all)\nfmt.Print(\"after\")")
	if err != nil {
		return err
	}
	var ascii strings.Builder
	for i := range utf8.RuneSelf {
		ascii.WriteByte(byte(i))
	}
	got := r.text()
	rest, begins := strings.CutPrefix(got, "before"+ascii.String())
	rest, ends := strings.CutSuffix(rest, "after")
	if r.reply.Status != wire.StatusOK || !begins || !ends || rest == "" || strings.Trim(rest, string(utf8.RuneError)) != "" {
		return fmt.Errorf("%s, it printed %q", r.reply.Status, clip(got))
	}
	return nil
}
