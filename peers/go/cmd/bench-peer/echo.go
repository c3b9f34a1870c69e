// Payloads that are sent and come back: the writes of a worker of the echo workload, and the check of every byte.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// ownLength is the length of the first bytes of a payload, of which each worker has its own copy. All workers share the
// rest.
const ownLength = 64 * 1024

// longestWrite is the longest write of a worker. The peers in JavaScript have the same.
const longestWrite = 1024 * 1024

// echoer is one worker. It sends payloads of one length, one after the other.
type echoer struct {
	own, rest []byte
	reading   []byte
}

func newEchoer(body []byte) *echoer {
	at := min(len(body), ownLength)
	return &echoer{
		own:  bytes.Clone(body[:at]),
		rest: body[at:],
		// One byte more than expected, to detect surplus bytes.
		reading: make([]byte, min(len(body)+1, readLength)),
	}
}

// echo opens a stream, sends the payload with number n, half-closes, and checks meanwhile the bytes that come back.
func (e *echoer) echo(session session, n uint64) {
	copy(e.own, binary.LittleEndian.AppendUint64(nil, n))
	stream := open(session)
	go func() {
		write(stream, e.own)
		for rest := e.rest; len(rest) > 0; {
			length := min(len(rest), longestWrite)
			write(stream, rest[:length])
			rest = rest[length:]
		}
		check(stream.CloseWrite())
	}()
	e.receive(stream, n)
}

func (e *echoer) receive(stream stream, n uint64) {
	length, expected := 0, len(e.own)+len(e.rest)
	for {
		count, err := stream.Read(e.reading)
		e.compare(e.reading[:count], length, n)
		length += count
		if err == io.EOF {
			break
		}
		check(err)
	}
	if length != expected {
		fail(fmt.Errorf("%d bytes of payload %d have come back of %d", length, n, expected))
	}
}

// compare checks that bytes equal those that were sent at an offset.
func (e *echoer) compare(got []byte, offset int, n uint64) {
	for _, part := range [][]byte{e.own, e.rest} {
		if offset >= len(part) {
			offset -= len(part)
			continue
		}
		sent := part[offset:min(len(part), offset+len(got))]
		if !bytes.Equal(got[:len(sent)], sent) {
			fail(fmt.Errorf("payload %d has come back with other bytes", n))
		}
		got, offset = got[len(sent):], 0
	}
	if len(got) > 0 {
		fail(fmt.Errorf("more bytes of payload %d have come back than were sent", n))
	}
}
