//go:build !linux

package main

import "errors"

var errNoDisk = errors.New("small and read-only file systems are made on Linux only")

func readOnly(string) (end func(), how string, err error) { return nil, "", errNoDisk }

func smallDisk(string) (end func(), err error) { return nil, errNoDisk }

func fill(string) error { return errNoDisk }
