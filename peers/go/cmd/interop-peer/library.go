// The interface of a library, the same for both libraries.
package main

import (
	"io"
	"time"
)

// stream is a stream of either library.
type stream interface {
	io.ReadWriteCloser
	// CloseWrite half-closes the stream. In yamux, Close does no more than that.
	CloseWrite() error
	SetWriteDeadline(time.Time) error
	Id() uint32
}

// library is a session of either library.
type library interface {
	open(typ uint32) (stream, error)
	accept() (stream, error)
	goAway(code uint32, text string) error
	close() error
	// wait blocks until the session has ended, and returns how it ended.
	wait() fields
	// do performs the commands that only this library knows.
	do(c command) fields
}
