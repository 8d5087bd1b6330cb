package procs

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// FilesVariable is the environment variable that tells a worker process in which folder the files of its programs are,
// each under its [SumFile]. Without it programs name them by their paths.
const FilesVariable = "LOCKSTEP_FILES"

// SumFile returns the SHA-256 sum of a file's content in hexadecimal digits.
func SumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
