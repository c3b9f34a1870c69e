// The tasks of a client, measured as bench/src/process.ts measures them.
package main

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/yamux"
)

type client struct {
	session *yamux.Session
	// The number of the next message. It is never used again, also not in later rounds.
	messages atomic.Uint32
}

func (c *client) perform(task task) answer {
	switch task.Do {
	case "open":
		return answer{Rate: c.openFor(task)}
	case "bulk":
		return answer{Rate: c.sendBulk(task)}
	case "hold":
		return answer{Rate: c.holdMore(task)}
	case "memory":
		memory := memoryInUse()
		return answer{Memory: &memory}
	default:
		fail(fmt.Errorf("unknown task %q", task.Do))
		return answer{}
	}
}

func (c *client) openFor(task task) float64 {
	var over atomic.Bool
	time.AfterFunc(time.Duration(task.Seconds*float64(time.Second)), func() { over.Store(true) })
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

// rateOf is the sum of what so many concurrent workers have done, per second.
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
