// A connection that gathers: bytes that are written during a system call leave with the next call. The libraries make
// one call for each header and one for each body.
package main

import (
	"net"
	"sync"
)

// most is the number of gathered bytes at which writers wait.
const most = 1024 * 1024

type gathered struct {
	net.Conn
	mutex   sync.Mutex
	changed *sync.Cond
	waiting []byte
	err     error
}

func gather(conn net.Conn) *gathered {
	g := &gathered{Conn: conn}
	g.changed = sync.NewCond(&g.mutex)
	go g.send()
	return g
}

func (g *gathered) Write(bytes []byte) (int, error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for len(g.waiting) >= most && g.err == nil {
		g.changed.Wait()
	}
	if g.err != nil {
		return 0, g.err
	}
	g.waiting = append(g.waiting, bytes...)
	g.changed.Broadcast()
	return len(bytes), nil
}

// send runs until the connection is closed.
func (g *gathered) send() {
	var sent []byte
	for {
		g.mutex.Lock()
		for len(g.waiting) == 0 {
			g.changed.Wait()
		}
		// The two buffers alternate.
		sending := g.waiting
		g.waiting = sent[:0]
		g.changed.Broadcast()
		g.mutex.Unlock()

		_, err := g.Conn.Write(sending)
		sent = sending
		if err != nil {
			g.mutex.Lock()
			g.err = err
			g.changed.Broadcast()
			g.mutex.Unlock()
			return
		}
	}
}
