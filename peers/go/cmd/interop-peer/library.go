// What this peer asks of a library, whichever it is.
package main

import (
	"io"
	"time"
)

// stream is one stream of either library's.
type stream interface {
	io.ReadWriteCloser
	// CloseWrite ends its own direction; in yamux Close does no more than that.
	CloseWrite() error
	SetWriteDeadline(time.Time) error
	Id() uint32
}

// library is a session of either library's.
type library interface {
	open(typ uint32) (stream, error)
	accept() (stream, error)
	goAway(code uint32, text string) error
	close() error
	// wait blocks until the session is over, and says how it ended.
	wait() fields
	// do obeys the commands that only this library knows.
	do(c command) fields
}
