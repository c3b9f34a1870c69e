// Whole exchanges: the echo of every stream that the other end opens, and requests of this peer.
package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// serve sends back all bytes on every stream, and reports each stream when it has ended. On a typed stream, the reply
// begins with the type.
func (p *peer) serve() {
	for {
		stream, err := p.library.accept()
		if err != nil {
			report("served all", failure(err))
			return
		}
		go func() {
			typ, ok := typeOf(stream)
			if ok {
				stream.Write(typeBytes(typ))
			}
			served := echo(stream)
			served["wireId"] = stream.Id()
			if ok {
				served["type"] = typ
			}
			report("served", served)
		}()
	}
}

// ask opens streams, sends a request on each, and checks that the same bytes come back. On typed sessions, each stream
// has its number as its type, and the reply must begin with the type.
func (p *peer) ask(c command) fields {
	together := c.Together
	if together == 0 {
		together = c.Count
	}
	var (
		mutex sync.Mutex
		wrong = []string{}
		turns = make(chan int)
		group sync.WaitGroup
	)
	for i := 0; i < together; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for turn := range turns {
				if err := p.askOnce(c, uint32(turn)); err != nil {
					mutex.Lock()
					wrong = append(wrong, fmt.Sprintf("stream %d: %v", turn, err))
					mutex.Unlock()
				}
			}
		}()
	}
	for turn := 0; turn < c.Count; turn++ {
		turns <- turn
	}
	close(turns)
	group.Wait()
	return fields{"right": c.Count - len(wrong), "wrong": wrong}
}

func (p *peer) askOnce(c command, turn uint32) error {
	stream, err := p.library.open(c.Type + turn)
	if err != nil {
		return err
	}
	defer stream.Close()
	if typ, ok := typeOf(stream); ok {
		reply := make([]byte, 4)
		if _, err := io.ReadFull(stream, reply); err != nil {
			return err
		}
		if !bytes.Equal(reply, typeBytes(typ)) {
			return fmt.Errorf("type %x instead of %d", reply, typ)
		}
	}
	sent := make(chan digest, 1)
	go func() {
		sent <- sendPayload(stream, command{Bytes: c.Bytes, Seed: c.Seed + turn})
		stream.CloseWrite()
	}()
	got, there := receive(stream, command{}), <-sent
	if there.err != nil {
		return there.err
	}
	if got.err != nil {
		return got.err
	}
	if got.sum() != there.sum() {
		return fmt.Errorf("%d bytes came back of %d, or others", got.length, there.length)
	}
	return nil
}
