// Package value sends variables to another process of the same program by
// value.
//
// It walks the memory of the variables by reflection instead of leaning on
// encoding/gob, because a worker process must see what a goroutine would have
// seen: unexported fields arrive, two references to one object are still two
// references to one object (also those into the middle of it: &s.f, xs[2:5]),
// cycles are cycles, and what was nil is nil.
//
// Reading order:
//
//   - [Encode] and [Decode], which carry a set of variables; [Marshal] and
//     [Unmarshal], which carry one value with its type
//   - [Options], [Types]: what the two sides have to agree on
//   - [Error]: a func, a channel, a file cannot be sent; the error names the path
//     to it and what to do instead, and comes before anything is sent
//   - layout.go, what there is to know about a type; scan.go, which finds all
//     memory that belongs to the variables; region.go, which joins what
//     overlaps; encode.go and decode.go
//
// Some things do change on the way. Elements between length and capacity of a
// slice arrive as zeros unless another variable refers to them, and more than
// a megabyte of such spare capacity is cut off. A variable that is part of
// another one arrives as a copy. Types that know how to marshal
// themselves (encoding.BinaryMarshaler or gob.GobEncoder, as [time.Time]) do
// so. A lock arrives unlocked: one that is held is an error. Errors of the
// standard library such as [io.EOF] arrive as themselves, those of other packages as others with the same text.
//
// The format is for two processes on one machine that run the same program; it
// is not for keeping. The sender must not change the variables meanwhile.
package value
