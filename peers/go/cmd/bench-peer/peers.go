// The peers by name: the library of each, its transport and its options.
package main

import "net"

type peer struct {
	// start makes a session over a connection.
	start func(conn net.Conn, isClient bool) session
	// isSecure asks for TLS under the session.
	isSecure bool
	// processors is the number of processors that the peer may use at a time. 0 means all.
	processors int
}

var peers = map[string]peer{
	"go-muxado":       {start: startMuxado},
	"go-muxado-tuned": {start: startMuxadoTuned, processors: 1},
	"go-muxado-tls":   {start: startMuxado, isSecure: true},
	"go-yamux":        {start: startYamux},
	"go-yamux-tuned":  {start: startYamuxTuned, processors: 1},
}

// session is a session of either library.
type session interface {
	open() (stream, error)
	accept() (stream, error)
}

// stream is a stream of either library. CloseWrite half-closes it.
type stream interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	CloseWrite() error
}
