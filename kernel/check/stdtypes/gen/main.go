// Command gen writes stdtypes.zip, the data of package stdtypes. It needs the
// Go toolchain, and is run by go generate.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "stdtypes.zip", "file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	pkgs, err := load(append([]string{"std"}, cellPackages...)...)
	if err != nil {
		return err
	}
	archive, err := write(pkgs)
	if err != nil {
		return err
	}
	return os.WriteFile(out, archive, 0o644)
}
