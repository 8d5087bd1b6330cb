// This file lets the package declare functions that the runtime provides by
// linkname, on every architecture.
