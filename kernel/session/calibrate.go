package session

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/traefik/yaegi/interp"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/kernel/rewrite/mark"
)

// loops are the same loop without and with checkpoints.
type loops struct{ without, with func(steps int) int }

// Steps of a loop that is timed, and how often: the quickest counts, since
// whatever disturbs only makes it slower. A loop takes a millisecond or two, less than a system gives a
// thread at a time: on a machine that is never idle some are left in peace.
const (
	calibrationSteps = 20_000
	calibrationTries = 15
)

// checkpointCost times an engine's checkpoints, once in the life of the process.
func (s *Session) checkpointCost(engine string) exec.CheckpointCost {
	s.mu.Lock()
	cost, known := s.checkpoints[engine]
	s.mu.Unlock()
	if known {
		return cost
	}
	b := new(gil.Breaker) // not the session's: other code must not notice
	l, steps := compiledLoops(b), 5*calibrationSteps
	if engine == "interp" {
		var err error
		if l, err = interpretedLoops(b); err != nil {
			return exec.CheckpointCost{}
		}
		steps = calibrationSteps
	}
	cost = calibrate(b, l, steps)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkpoints[engine] = cost
	return cost
}

// calibrate runs the loops in a goroutine of a group, as workloads run.
func calibrate(b *gil.Breaker, l loops, steps int) exec.CheckpointCost {
	const never = time.Hour
	plain, down, up := never, never, never
	timed := func(f func(int) int, least *time.Duration) {
		start := time.Now()
		f(steps)
		*least = min(*least, time.Since(start))
	}
	g := gil.NewGroup(b, nil, 1)
	g.Go(0, func() {
		for range calibrationTries {
			timed(l.without, &plain)
			timed(l.with, &down)
		}
		b.Raise(gil.Count)
		defer b.Lower(gil.Count)
		for range calibrationTries {
			timed(l.with, &up)
		}
	})
	_ = g.Wait(context.Background()) // which is never done
	return exec.CheckpointCost{Checkpoints: steps, Down: max(down-plain, 1), Up: max(up-down, 0)}
}

func compiledLoops(b *gil.Breaker) loops {
	return loops{
		without: countWithout,
		with:    func(steps int) int { return countWith(b, steps) },
	}
}

// The loops are functions of their own, as a literal that is put in line with the function around it gets calls of
// [gil.Breaker.Raised]: those take four times as long as the test that compiled cells have.

func countWithout(steps int) int {
	s := 0
	for i := range steps {
		s += i ^ s
	}
	return s
}

func countWith(b *gil.Breaker, steps int) int {
	s := 0
	for i := range steps {
		if b.Raised() {
			gil.Checkpoint()
		}
		s += i ^ s
	}
	return s
}

// interpretedText has checkpoints as package rewrite writes them.
const interpretedText = `package main

import "calibrate"

func Without(steps int) int { s := 0; for i := 0; i < steps; i++ { s += i ^ s }; return s }

func With(steps int) int {
	s := 0
	for i := 0; i < steps; i++ { if ` + mark.Flag + ` { calibrate.Checkpoint() }; s += i ^ s }
	return s
}
`

func interpretedLoops(b *gil.Breaker) (l loops, err error) {
	it := interp.New(interp.Options{})
	if err := it.Use(interp.Exports{"calibrate/calibrate": {"Checkpoint": reflect.ValueOf(gil.Checkpoint)}}); err != nil {
		return l, err
	}
	if err := declareFlag(it, b.Flag()); err != nil {
		return l, err
	}
	if _, err := it.Eval(interpretedText); err != nil {
		return l, err
	}
	for name, f := range map[string]*func(int) int{"Without": &l.without, "With": &l.with} {
		v, err := it.Eval(name)
		if err != nil {
			return l, err
		}
		var ok bool
		if *f, ok = v.Interface().(func(int) int); !ok {
			return l, fmt.Errorf("%s is %s", name, v.Type())
		}
	}
	return l, nil
}
