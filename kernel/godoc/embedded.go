package godoc

import (
	_ "embed"
	"encoding/json"
	"sync"
)

// ownDocs are the comments of this module's packages for cells: path → key →
// comment. TestEmbeddedDocs writes and compares it.
//
//go:embed own.json
var ownDocs []byte

var embedded = sync.OnceValue(func() map[string]map[string]string {
	var all map[string]map[string]string
	if err := json.Unmarshal(ownDocs, &all); err != nil {
		// The file is part of the binary, and a test reads it.
		panic("godoc: " + err.Error())
	}
	return all
})
