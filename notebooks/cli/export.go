package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lockstep/notebooks/nb"
	"lockstep/notebooks/page"
)

// Export returns the command that writes notebooks as pages and executes
// nothing. The error is an [*ExitError] when a notebook cannot be read; the
// others are written all the same.
func Export() *cobra.Command {
	var dir string
	var opt page.Options
	cmd := &cobra.Command{
		Use:   "export NOTEBOOK|FOLDER… -o FOLDER",
		Short: "Write notebooks as pages without executing them",
		Long: `Write a self-contained page for each notebook, as it is, and an index. A folder
stands for the notebooks in it and in its folders.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeNotebooks,
		RunE: func(cmd *cobra.Command, args []string) error {
			return export(args, dir, opt, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&dir, "output", "o", "", "write the pages into `FOLDER`")
	f.StringVar(&opt.Title, "title", "", "title of the pages (default the folder's name)")
	sanitizeFlag(f, &opt.Sanitize)
	return cmd
}

func export(args []string, dir string, opt page.Options, stdout, stderr io.Writer) error {
	if dir == "" {
		return errors.New("-o: want the folder for the pages")
	}
	files, err := find(args)
	if err != nil {
		return err
	}
	var sources []page.Source
	for _, f := range files {
		n, err := nb.Read(f.path)
		if err != nil {
			fmt.Fprintln(stderr, err)
			continue
		}
		sources = append(sources, page.Source{Name: f.name, Notebook: n, Dir: filepath.Dir(f.path)})
	}
	if len(sources) > 0 {
		if opt.Title == "" {
			opt.Title = title(args)
		}
		if err := writePages(stdout, dir, sources, opt); err != nil {
			return err
		}
	}
	if bad := len(files) - len(sources); bad > 0 {
		return &ExitError{Code: exitFailed, Err: fmt.Errorf("%d of %s cannot be read", bad, count(len(files), "notebook"))}
	}
	return nil
}

// sanitizeFlag is that of the commands that write pages.
func sanitizeFlag(f *pflag.FlagSet, value *bool) {
	f.BoolVar(value, "sanitize", false, "leave scripts, frames, forms and styles that reach beyond their place out of the pages: for notebooks of strangers")
}

// writePages writes pages and says where they are.
func writePages(stdout io.Writer, dir string, sources []page.Source, opt page.Options) error {
	written, err := page.Write(dir, sources, opt)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %s\n", count(len(written)-1, "page"), written[0])
	return err
}
