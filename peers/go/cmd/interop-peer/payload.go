// Bytes that both ends can make by themselves, and what is remembered of bytes that went by.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// payload is a linear congruential generator; its high bytes are the payload. All peers make the same.
type payload uint32

func (p *payload) fill(target []byte) {
	state := uint32(*p)
	for i := range target {
		state = state*1664525 + 1013904223
		target[i] = byte(state >> 24)
	}
	*p = payload(state)
}

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
