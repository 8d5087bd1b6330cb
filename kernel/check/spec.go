package check

import "go/token"

// statute is what the Go specification says of a keyword: its form, in the notation of the
// specification, what it does in a sentence, and the section.
type statute struct{ form, does, section, anchor string }

var statutes = map[token.Token]statute{
	token.BREAK:       {"break [ Label ]", "ends the innermost for, switch or select statement, or the one with the label", "Break statements", "Break_statements"},
	token.CASE:        {"case ExpressionList :", "begins a clause of a switch, type switch or select statement; the clause ends before the next one, without break", "Switch statements", "Switch_statements"},
	token.CHAN:        {"chan T, chan<- T, <-chan T", "is the type of channels of T: for both directions, for sending only, for receiving only", "Channel types", "Channel_types"},
	token.CONST:       {"const Name [ Type ] = Expression", "declares constants; in a group, iota counts them", "Constant declarations", "Constant_declarations"},
	token.CONTINUE:    {"continue [ Label ]", "begins the next iteration of the innermost for loop, or of the one with the label", "Continue statements", "Continue_statements"},
	token.DEFAULT:     {"default :", "begins the clause of a switch for when no case fits, or of a select for when no case can go on at once", "Select statements", "Select_statements"},
	token.DEFER:       {"defer Call", "has a function called when the one around returns or panics; the arguments are evaluated now, and the last deferred call runs first", "Defer statements", "Defer_statements"},
	token.ELSE:        {"if Condition Block else ( IfStmt | Block )", "runs a block when the condition of its if is false", "If statements", "If_statements"},
	token.FALLTHROUGH: {"fallthrough", "goes on with the statements of the next clause of a switch", "Fallthrough statements", "Fallthrough_statements"},
	token.FOR:         {"for [ Condition | Init; Condition; Post | x := range Expression ] Block", "repeats a block: while a condition holds, with a counter, over a range, or without end", "For statements", "For_statements"},
	token.FUNC:        {"func Name ( Parameters ) Results Block", "declares a function or method, writes one without a name, or is a function's type", "Function declarations", "Function_declarations"},
	token.GO:          {"go Call", "starts a call as a goroutine of its own, and does not wait for it", "Go statements", "Go_statements"},
	token.GOTO:        {"goto Label", "goes on at the statement with the label, in the same function", "Goto statements", "Goto_statements"},
	token.IF:          {"if [ Init; ] Condition Block [ else … ]", "runs a block when a condition is true", "If statements", "If_statements"},
	token.IMPORT:      {"import [ Name ] \"path\"", "makes the exported names of a package known, by the package's name or another", "Import declarations", "Import_declarations"},
	token.INTERFACE:   {"interface { Methods or type elements }", "is the type of all values that have the methods, or a constraint on type arguments", "Interface types", "Interface_types"},
	token.MAP:         {"map[Key]Value", "is the type of maps from keys, which must be comparable, to values", "Map types", "Map_types"},
	token.PACKAGE:     {"package name", "begins a source file; a cell that begins with package main runs as a program of its own", "Package clause", "Package_clause"},
	token.RANGE:       {"for k, v := range Expression Block", "iterates over an integer, a string, an array, a slice, a map, a channel or a function", "For statements with range clause", "For_range"},
	token.RETURN:      {"return [ ExpressionList ]", "ends a function with its results; deferred calls run before the caller goes on", "Return statements", "Return_statements"},
	token.SELECT:      {"select { case … }", "waits until one of several sends and receives can go on, and takes one of those that can at random; with default it does not wait", "Select statements", "Select_statements"},
	token.STRUCT:      {"struct { Fields }", "is the type of values that are made of fields; a field without a name is embedded", "Struct types", "Struct_types"},
	token.SWITCH:      {"switch [ Init; ] [ Expression | x := y.(type) ] { case … }", "runs the first clause whose case equals the expression, is true, or is the value's type", "Switch statements", "Switch_statements"},
	token.TYPE:        {"type Name [ TypeParameters ] Type, type Name = Type", "declares a type of its own, or with = another name of a type", "Type declarations", "Type_declarations"},
	token.VAR:         {"var Name [ Type ] [ = Expression ]", "declares variables, with their zero values where none are given", "Variable declarations", "Variable_declarations"},
}

// describeKeyword tells what a keyword does.
func describeKeyword(tok token.Token) (Description, bool) {
	s, ok := statutes[tok]
	return Description{Name: tok.String(), Kind: KeywordItem, Decl: s.form,
		Doc: tok.String() + " " + s.does + ".\n\nThe Go specification, " + s.section + ": https://go.dev/ref/spec#" + s.anchor}, ok
}
