// The bytes that travel, and the check of every byte: bench/src/payload.ts in Go.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"muxado.example/peers/internal/payload"
)

const messageLength = 64

// Steps from byte to byte. They differ, so that a reply is never equal to a request.
const (
	requestStep = 7
	replyStep   = 13
)

func message(n uint32, step int) []byte {
	body := make([]byte, messageLength)
	binary.LittleEndian.PutUint32(body, n)
	seed := folded(n)
	for at := 4; at < messageLength; at++ {
		body[at] = byte(seed + at*step)
	}
	return body
}

// replyTo checks a request and returns the reply to it.
func replyTo(body []byte) []byte {
	checkLength(body)
	n := binary.LittleEndian.Uint32(body)
	checkMessage(body, n, requestStep)
	return message(n, replyStep)
}

func checkMessage(body []byte, n uint32, step int) {
	checkLength(body)
	seed := folded(n)
	wrong := binary.LittleEndian.Uint32(body) != n
	for at := 4; at < messageLength; at++ {
		wrong = wrong || body[at] != byte(seed+at*step)
	}
	if wrong {
		fail(fmt.Errorf("message %d has arrived as %v", n, body))
	}
}

func checkLength(body []byte) {
	if len(body) != messageLength {
		fail(fmt.Errorf("%d bytes have arrived instead of %d", len(body), messageLength))
	}
}

// folded returns one byte that depends on every bit of n.
func folded(n uint32) int {
	return int((n ^ n>>8 ^ n>>16 ^ n>>24) & 0xff)
}

const (
	period       = 65_521
	longestChunk = 1024 * 1024
)

// pattern holds the bulk bytes. It repeats after period, and is long enough for a chunk from any offset.
var pattern = func() []byte {
	pattern := make([]byte, period+longestChunk)
	generator := payload.Generator(1)
	generator.Fill(pattern[:period])
	for at := period; at < len(pattern); at += period {
		copy(pattern[at:], pattern[:period])
	}
	return pattern
}()

// bulkChunk returns the chunk of a bulk transfer that starts at offset.
func bulkChunk(offset, length int) []byte {
	start := offset % period
	return pattern[start : start+length]
}

// bulkBytes returns the same pattern in any length.
func bulkBytes(length int) []byte {
	bytes := make([]byte, length)
	for at := 0; at < length; at += period {
		copy(bytes[at:], pattern[:period])
	}
	return bytes
}

// bulkReader checks every byte of one bulk transfer on arrival.
type bulkReader struct{ length int }

func (r *bulkReader) Write(chunk []byte) (int, error) {
	for at := 0; at < len(chunk); {
		end := min(len(chunk), at+longestChunk)
		if !bytes.Equal(chunk[at:end], bulkChunk(r.length, end-at)) {
			return at, fmt.Errorf("bulk bytes differ from offset %d on", r.length)
		}
		r.length += end - at
		at = end
	}
	return len(chunk), nil
}
