package main

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// How far the ratios of threads to simple may be apart. Memory is another matter in Go than in CPython:
// there are no counters to write, and the garbage collector works beside the threads.
const (
	allowed           = 0.15
	allowedAllocating = 0.25
	// allowedFactor is how far the I/O worker's extra waiting may be from one switch interval.
	allowedFactor = 1.5
	// leastTicks is how much slower than simple the old lock must make threads.
	leastTicks = 1.15
)

// pair is the same work done one worker after another and in threads under the lock.
type pair struct {
	simple, threads time.Duration
	busy            float64 // share of the time in which others wanted the cores
	collecting      float64 // share of the threads' CPU time that went to the garbage collector
}

// ratio is the median of threads ÷ simple, over that half of the pairs during which the machine did least else. Each pair
// was timed in one go, so that what it does weighs on both.
func ratio(pairs []pair) float64 {
	return middle(calmer(pairs), func(p pair) float64 { return float64(p.threads) / float64(p.simple) })
}

func calmer(pairs []pair) []pair {
	pairs = slices.Clone(pairs)
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.busy, b.busy) })
	return pairs[:(len(pairs)+1)/2]
}

func middle(pairs []pair, of func(pair) float64) float64 {
	var values []float64
	for _, p := range pairs {
		values = append(values, of(p))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// agree reports whether two ratios are the same within a share of the first.
func agree(want, got, within float64) bool { return math.Abs(got/want-1) <= within }

// oneInterval reports whether extra waiting is one switch interval.
func oneInterval(extra, interval time.Duration) bool {
	f := float64(extra) / float64(interval)
	return f <= allowedFactor && f >= 1/allowedFactor
}
