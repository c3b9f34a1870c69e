// The commands of a peer for one stream.
package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"muxado.example/peers/internal/payload"
)

func (p *peer) doOnStream(c command) fields {
	p.mutex.Lock()
	stream, ok := p.streams[c.Stream]
	p.mutex.Unlock()
	if !ok {
		fail(fmt.Errorf("%s: no stream %d", c.Do, c.Stream))
	}
	switch c.Do {
	case "write":
		return write(stream, c).fields()
	case "read":
		return readOnce(stream, c.Max)
	case "receive":
		return receive(stream, c).fields()
	case "echo":
		return echo(stream)
	case "closeWrite":
		return failure(stream.CloseWrite())
	case "close":
		return failure(stream.Close())
	default:
		fail(fmt.Errorf("unknown command %q", c.Do))
		return nil
	}
}

func write(stream stream, c command) digest {
	if c.Deadline > 0 {
		stream.SetWriteDeadline(time.Now().Add(milliseconds(c.Deadline)))
		defer stream.SetWriteDeadline(time.Time{})
	}
	if c.Hex == "" {
		return sendPayload(stream, c)
	}
	bytes, err := hex.DecodeString(c.Hex)
	if err != nil {
		fail(err)
	}
	sent := newDigest()
	n, err := stream.Write(bytes)
	sent.add(bytes[:n])
	sent.err = err
	return sent
}

// sendPayload writes Bytes bytes of payload, and returns how many it wrote.
func sendPayload(stream stream, c command) digest {
	sent, source := newDigest(), payload.Generator(c.Seed)
	buffer := make([]byte, min(pieceOf(c), c.Bytes))
	for sent.length < c.Bytes && sent.err == nil {
		chunk := buffer[:min(len(buffer), c.Bytes-sent.length)]
		source.Fill(chunk)
		n, err := stream.Write(chunk)
		sent.add(chunk[:n])
		sent.err = err
		time.Sleep(milliseconds(c.Pause))
	}
	return sent
}

func readOnce(stream stream, length int) fields {
	buffer := make([]byte, length)
	n, err := stream.Read(buffer)
	answer := fields{"hex": hex.EncodeToString(buffer[:n])}
	if err != nil {
		answer["end"] = ending(err)
	}
	return answer
}

// receive reads until the stream ends, cleanly or with an error.
func receive(stream stream, c command) digest {
	got := newDigest()
	buffer := make([]byte, pieceOf(c))
	for got.err == nil {
		n, err := stream.Read(buffer)
		got.add(buffer[:n])
		got.err = err
		time.Sleep(milliseconds(c.Pause))
	}
	if got.err == io.EOF {
		got.err = nil
	}
	return got
}

// echo sends back all bytes until the end, and then half-closes.
func echo(stream stream) fields {
	got := newDigest()
	buffer := make([]byte, 64*1024)
	for {
		n, err := stream.Read(buffer)
		got.add(buffer[:n])
		if n > 0 {
			if _, writeErr := stream.Write(buffer[:n]); writeErr != nil {
				got.err = writeErr
				break
			}
		}
		if err != nil {
			if err != io.EOF {
				got.err = err
			}
			break
		}
	}
	if got.err == nil {
		got.err = stream.CloseWrite()
	}
	return got.fields()
}

func pieceOf(c command) int {
	if c.Piece == 0 {
		return 64 * 1024
	}
	return c.Piece
}

// ending returns "clean", or the error with which a direction ended.
func ending(err error) any {
	if err == nil || err == io.EOF {
		return "clean"
	}
	return errorFields(err)
}
