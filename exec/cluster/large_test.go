//go:build unix && !race

package cluster_test

// large is the size of what is large.
const large = 100 << 20
