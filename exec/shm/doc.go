// Package shm is memory that processes of one session share.
//
// A [Region] is one piece of it, of fixed size, that a process makes and the
// processes that it starts inherit. Places in it are offsets, which mean the same
// in all of them: pointers into it do not. It is sparse: only what is
// touched takes memory, so that a region can be made larger than there will ever be need for.
//
// Reading order: [Region], [Region.Alloc] and [Region.Free], [Word] with its
// [Word.Wait] and [Word.Wake].
//
// Whatever is kept here must bear that a process dies at any moment. Nothing in the
// package takes a lock: allocation is a compare-and-swap, and a process that dies in the middle of it
// loses its block, no more.
//
// Where there are no futexes, waiting means looking now and then.
package shm
