//go:build unix && race

package cluster_test

// large is the size of what is large: the race detector makes sums of it slow.
const large = 10 << 20
