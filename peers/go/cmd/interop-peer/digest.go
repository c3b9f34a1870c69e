// The digest of bytes that passed.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

type digest struct {
	length int
	hash   hash.Hash
	err    error // nil for a clean end
}

func newDigest() digest { return digest{hash: sha256.New()} }

func (d *digest) add(bytes []byte) {
	d.length += len(bytes)
	d.hash.Write(bytes)
}

func (d *digest) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }

func (d digest) fields() fields {
	return fields{"bytes": d.length, "sha256": d.sum(), "end": ending(d.err)}
}
