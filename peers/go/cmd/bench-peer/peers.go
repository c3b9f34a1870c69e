// The peers by their names: which library, over what, with which options.
package main

import "net"

type peer struct {
	// start makes a session of a connection.
	start func(conn net.Conn, isClient bool) session
	// isSecure asks for TLS below.
	isSecure bool
	// processors is how many of them it may use at a time; all if 0.
	processors int
}

var peers = map[string]peer{
	"go-muxado":       {start: startMuxado},
	"go-muxado-tuned": {start: startMuxadoTuned, processors: 1},
	"go-muxado-tls":   {start: startMuxado, isSecure: true},
	"go-yamux":        {start: startYamux},
	"go-yamux-tuned":  {start: startYamuxTuned, processors: 1},
}

// session is one of either library's.
type session interface {
	open() (stream, error)
	accept() (stream, error)
}

// stream is one of either library's. CloseWrite ends its own direction.
type stream interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	CloseWrite() error
}
