package cluster

import (
	"fmt"

	"github.com/nats-io/nkeys"
)

// NewKey makes a key for signing programs: the seed, which is secret, for [Options.Seed], and the public
// key for [NodeOptions.Trust]. Both are texts as NATS has them for NKeys.
func NewKey() (seed []byte, public string, err error) {
	key, err := nkeys.CreateUser()
	if err != nil {
		return nil, "", fmt.Errorf("making a key: %w", err)
	}
	if seed, err = key.Seed(); err != nil {
		return nil, "", err
	}
	public, err = key.PublicKey()
	return seed, public, err
}
