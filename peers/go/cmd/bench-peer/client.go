// The tasks of a client, measured as bench/src/process.ts measures them.
package main

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// connect makes the only session of a client.
func connect(peer peer, port string) session {
	return peer.start(dial(port, peer.isSecure), true)
}

type client struct {
	session session
	// The number of the next message. No number is used twice, not even in later rounds.
	messages atomic.Uint32
	body     []byte
}

func (c *client) perform(task task) answer {
	switch task.Do {
	case "open":
		return answer{Rate: c.openFor(task)}
	case "bulk":
		return answer{Rate: c.sendBulk(task)}
	case "messages":
		return answer{Rate: c.converseFor(task)}
	case "hold":
		return answer{Rate: c.holdMore(task)}
	case "echo":
		return answer{Rate: c.echoFor(task)}
	case "memory":
		memory := memoryInUse()
		return answer{Memory: &memory}
	default:
		fail(fmt.Errorf("unknown task %q", task.Do))
		return answer{}
	}
}

func (c *client) openFor(task task) float64 {
	over := after(task.Seconds)
	return rateOf(task.Streams, func() (done int) {
		for ; !over.Load(); done++ {
			n := c.messages.Add(1) - 1
			checkMessage(exchange(c.session, message(n, requestStep)), n, replyStep)
		}
		return done
	})
}

func (c *client) sendBulk(task task) float64 {
	length := int(math.Ceil(task.Bytes / float64(task.Streams)))
	return rateOf(task.Streams, func() int {
		checkMessage(upload(c.session, length, task.Size), uint32(length), replyStep)
		return length
	})
}

func (c *client) converseFor(task task) float64 {
	over := after(task.Seconds)
	return rateOf(task.Streams, func() (done int) {
		stream := open(c.session)
		for ; !over.Load(); done++ {
			n := c.messages.Add(1) - 1
			write(stream, message(n, requestStep))
			checkMessage(readFirst(stream), n, replyStep)
		}
		check(stream.CloseWrite())
		if len(readToEnd(stream)) > 0 {
			fail(fmt.Errorf("more answers than messages"))
		}
		return done
	})
}

func (c *client) holdMore(task task) float64 {
	var left atomic.Int64
	left.Store(int64(task.Count))
	return rateOf(task.Streams, func() (done int) {
		for ; left.Add(-1) >= 0; done++ {
			n := c.messages.Add(1) - 1
			checkMessage(hold(c.session, message(n, requestStep)), n, replyStep)
		}
		return done
	})
}

func (c *client) echoFor(task task) float64 {
	over := after(task.Seconds)
	body := c.echoBody(int(task.Bytes))
	return rateOf(task.Streams, func() (done int) {
		echoer := newEchoer(body)
		for done == 0 || !over.Load() {
			echoer.echo(c.session, uint64(c.messages.Add(1)-1))
			done += len(body)
		}
		return done
	})
}

// echoBody returns the bytes that all payloads share. It makes them once, because they may be long.
func (c *client) echoBody(length int) []byte {
	if len(c.body) != length {
		c.body = bulkBytes(length)
	}
	return c.body
}

// after returns a flag that becomes true once so many seconds have passed.
func after(seconds float64) *atomic.Bool {
	over := new(atomic.Bool)
	time.AfterFunc(time.Duration(seconds*float64(time.Second)), func() { over.Store(true) })
	return over
}

// rateOf returns the sum of the results of concurrent workers, per second.
func rateOf(workers int, work func() int) float64 {
	var sum atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			sum.Add(int64(work()))
		}()
	}
	wait.Wait()
	return float64(sum.Load()) / time.Since(start).Seconds()
}

// exchange opens a stream, sends the request, half-closes, and returns all bytes that come back.
func exchange(session session, body []byte) []byte {
	stream := open(session)
	write(stream, body)
	check(stream.CloseWrite())
	return readToEnd(stream)
}

// upload sends length bulk bytes in one stream, size in each write, half-closes, and returns all bytes that come back.
func upload(session session, length, size int) []byte {
	stream := open(session)
	for at := 0; at < length; at += size {
		write(stream, bulkChunk(at, min(size, length-at)))
	}
	check(stream.CloseWrite())
	return readToEnd(stream)
}

// hold opens a stream, sends the request, returns the reply, and leaves the stream open.
func hold(session session, body []byte) []byte {
	stream := open(session)
	write(stream, body)
	return readFirst(stream)
}

func open(session session) stream {
	stream, err := session.open()
	check(err)
	return stream
}
