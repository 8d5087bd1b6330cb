// Package display turns Go values into MIME bundles and is what cells call to
// show things: [HTML], [Markdown], [Image], [Progress] and so on.
//
// It runs in the session process, next to the user's code, so it imports the
// standard library alone and does nothing at start. Read in this order:
//
//   - [Bundle], [Message]: what reaches a client.
//   - [Host]: the session's side; the one way out of this package.
//   - [Handle], [Bar]: what the calls for cells return.
//   - [Format], [Results]: a value, or the results of an expression, as a bundle.
//   - [Types]: the checker's description of a value, which says what reflection
//     cannot: interpreted types have neither names nor methods at run time.
//
// It does not write protocol messages and does not know which cell is running.
package display
