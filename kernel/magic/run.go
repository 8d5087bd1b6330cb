package magic

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

// Call is one use of a magic in a cell.
type Call struct {
	Kind Kind // Line or Cell; the names below that are no words are Line
	// Name is without percent signs; "!" for !command, "?" for NAME? and ?NAME,
	// "??" for NAME?? and ??NAME.
	Name string
	// Args is the rest of the magic's line as written: for "!" the command, for "?" the NAME,
	// percent signs included.
	Args string
	// Column is where Args begins in its line, in bytes from 1; 0 when unknown.
	Column   int
	Body     string // of a Cell: the lines below
	Line     int    // cell line of the magic, from 1
	BodyLine int    // of a Cell: cell line of the body's first line
	Whole    string // the text of the whole cell
}

// Names of the errors that magics make themselves.
const (
	usageError   = "usage error"   // the magic's line is wrong; nothing ran
	magicError   = "magic error"   // something could not be done
	commandError = "command error" // a command ended with another status than 0
	interrupted  = "interrupted"   // as lang.Interpreter says
)

// invocation is a call whose flags are parsed.
type invocation struct {
	Call
	env   Env
	title string   // "%time", as errors begin
	args  []string // what follows the flags, in words
	rest  string   // the same, as written
	at    int      // where rest begins in Args
	flags *pflag.FlagSet
}

// Run runs one magic to its end. Everything wrong with its line is found before
// anything is done, and is a result whose error is named "usage error".
func Run(ctx context.Context, env Env, c Call) lang.Result {
	in := &invocation{Call: c, env: env, title: c.Kind.Prefix() + c.Name}
	m, ok := find(c.Name)
	switch {
	case !ok:
		return in.usage("no such magic%s", noSuchMagic(in.title, c.Name))
	case m.Kind&c.Kind == 0 && c.Kind == Line:
		return in.usage("this magic takes a whole cell: write %s on the cell's first line", m.Title(Cell))
	case m.Kind&c.Kind == 0:
		return in.usage("this magic takes one line, not a cell: write %s", m.Title(Line))
	}
	if !isWord(c.Name) {
		in.title = c.Name
	} else if mark := strings.TrimSpace(c.Args); mark == "?" || mark == "??" { // %time?
		env.Output().Page(m.page())
		return lang.Result{}
	}
	in.flags = newFlagSet()
	run := m.setup(in.flags)
	if err := in.parse(m); errors.Is(err, pflag.ErrHelp) { // %get --help
		env.Output().Display(display.Message{Bundle: m.page()})
		return lang.Result{}
	} else if err != nil {
		return in.usage("%s", err)
	}
	return run(ctx, in)
}

// titles is every name that a cell can use, with its percent signs.
func titles() []string {
	var all []string
	for _, m := range Magics() {
		if isWord(m.Name) {
			all = append(all, m.Titles()...)
		}
	}
	return all
}

// isWord tells names such as time from ! and ?.
func isWord(name string) bool { return name != "" && name[0] >= 'a' && name[0] <= 'z' }

// newFlagSet returns an empty set that reports errors and prints nothing.
func newFlagSet() *pflag.FlagSet {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	return flags
}

// flags is the magic's flag set as help and completion see it.
func (m Magic) flags() *pflag.FlagSet {
	flags := newFlagSet()
	m.setup(flags)
	return flags
}

// parse splits the line into flags and arguments.
func (in *invocation) parse(m Magic) error {
	args := strings.TrimRight(in.Args, " \t\r\n")
	if !in.flags.HasFlags() && m.rest {
		in.rest = strings.TrimLeft(args, " \t") // nothing to look for, and "-x" may be Go
		in.at = len(args) - len(in.rest)
		return nil
	}
	all := words(args)
	texts := make([]string, len(all))
	for i, w := range all {
		texts[i] = w.text
	}
	if m.tool != nil {
		in.args = texts
	} else {
		in.flags.SetInterspersed(!m.rest)
		if err := in.flags.Parse(texts); errors.Is(err, pflag.ErrHelp) {
			return err
		} else if err != nil {
			return flagError(in.flags, err)
		}
		in.args = in.flags.Args()
	}
	if len(in.args) > 0 {
		// Flags come first or the arguments are words, so counting from the end is right.
		in.at = all[len(all)-len(in.args)].start
		in.rest = args[in.at:]
	}
	if m.rest {
		return nil
	}
	for _, w := range all {
		if w.open {
			return fmt.Errorf("a quote is missing in %s", args[w.start:])
		}
	}
	if m.args(in.Kind) == "" && len(in.args) > 0 && m.tool == nil {
		return fmt.Errorf("takes no argument, got %q", in.args[0])
	}
	return nil
}

// flagError says in the notebook's terms what is wrong with a flag.
func flagError(flags *pflag.FlagSet, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := unknown.GetSpecifiedName()
		if group := unknown.GetSpecifiedShortnames(); group != "" {
			if len(group) > 1 { // -modes: a long name with one dash
				return fmt.Errorf("unknown flag -%s%s", group, didYouMean("--"+group, flagNames(flags)))
			}
			return fmt.Errorf("unknown flag -%s%s", group, flagChoices(flags))
		}
		hint := didYouMean("--"+name, flagNames(flags))
		if hint == "" {
			hint = flagChoices(flags)
		}
		return fmt.Errorf("unknown flag --%s%s", name, hint)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("%s needs a value", flagName(missing.GetFlag()))
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		name := flagName(invalid.GetFlag())
		if _, ok := errors.AsType[*strconv.NumError](err); ok {
			return fmt.Errorf("%s must be true or false, got %q", name, invalid.GetValue())
		}
		return fmt.Errorf("%s %w", name, invalid.Unwrap())
	}
	if syntax, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return fmt.Errorf("%q is no flag: flags are written --name value", syntax.GetSpecifiedFlag())
	}
	return err
}

// flagName is how errors call a flag: as short as it can be written.
func flagName(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// flagChoices is a hint that lists all flags.
func flagChoices(flags *pflag.FlagSet) string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, flagName(f)) })
	if len(names) == 0 {
		return ": there are no flags"
	}
	return oneOf(names)
}

// flagNames lists the names as they are written, short ones included.
func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		names = append(names, "--"+f.Name)
		if f.Shorthand != "" {
			names = append(names, "-"+f.Shorthand)
		}
	})
	return names
}

// oneOf is a hint that lists all choices.
func oneOf(names []string) string {
	return ": there are " + strings.Join(names, ", ")
}

// usage fails the call before it has done anything.
func (in *invocation) usage(format string, args ...any) lang.Result {
	value := in.title + ": " + fmt.Sprintf(format, args...)
	line := strings.TrimRight(in.written(), " ")
	return lang.Result{Err: &lang.Error{
		Name:      usageError,
		Value:     value,
		Traceback: []string{fmt.Sprintf("cell line %d: %s", in.Line, line), usageError + ": " + value},
	}}
}

// written is the magic's line.
func (in *invocation) written() string {
	switch {
	case in.Name == "!":
		return in.Name + in.Args
	case in.title == in.Name: // ? and ??
		return in.Args + in.Name
	}
	return in.title + " " + in.Args
}

// fail ends the call with what went wrong. Errors of the session keep their own
// name and traceback.
func (in *invocation) fail(err error) lang.Result {
	if e, ok := errors.AsType[*lang.Error](err); ok {
		return lang.Result{Err: e}
	}
	return in.failAs(magicError, "%s", plain(err))
}

// failAs ends the call with an error of a name.
func (in *invocation) failAs(name, format string, args ...any) lang.Result {
	value := in.title + ": " + fmt.Sprintf(format, args...)
	return lang.Result{Err: &lang.Error{Name: name, Value: value, Traceback: []string{name + ": " + value}}}
}

// plain is err without the name of the system call, which tells a notebook's
// reader nothing.
func plain(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Path + ": " + e.Err.Error()
	}
	return err.Error()
}

// source is the Go text on the magic's line, moved to the column where the cell
// has it, so that errors in it name the right place.
func (in *invocation) source() string {
	if in.Column == 0 {
		return in.rest
	}
	return strings.Repeat(" ", in.Column-1+in.at) + in.rest
}

// print writes to the cell's standard output.
func (in *invocation) print(format string, args ...any) {
	in.env.Output().Stream("stdout", fmt.Sprintf(format, args...))
}

// warn writes to the cell's standard error.
func (in *invocation) warn(format string, args ...any) {
	in.env.Output().Stream("stderr", fmt.Sprintf(format, args...))
}
