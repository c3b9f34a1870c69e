// hashicorp/yamux, with its default options or with the best options.
package main

import (
	"io"
	"net"

	"github.com/hashicorp/yamux"
	"muxado.example/peers/internal/libraries"
)

// yamuxWindow is measured for bulk over one stream: nearly twice as fast as with the default of 256 KiB, and no faster
// with 16 MiB. It makes no difference to the other workloads.
const yamuxWindow = 4 * 1024 * 1024

type yamuxSession struct{ session *yamux.Session }

func (s yamuxSession) open() (stream, error)   { return wrapped(s.session.OpenStream()) }
func (s yamuxSession) accept() (stream, error) { return wrapped(s.session.AcceptStream()) }

func wrapped(s *yamux.Stream, err error) (stream, error) {
	return libraries.YamuxStream{Stream: s}, err
}

func startYamux(conn net.Conn, isClient bool) session {
	return newYamux(conn, yamux.DefaultConfig(), isClient)
}

func startYamuxTuned(conn net.Conn, isClient bool) session {
	config := yamux.DefaultConfig()
	config.MaxStreamWindowSize = yamuxWindow
	// The value 0 saves a goroutine and a timer for each stream that is opened.
	config.StreamOpenTimeout = 0
	return newYamux(gather(conn), config, isClient)
}

func newYamux(conn net.Conn, config *yamux.Config, isClient bool) session {
	// Otherwise the library logs each late window update.
	config.LogOutput = io.Discard
	session, err := libraries.Yamux(conn, config, isClient)
	check(err)
	return yamuxSession{session}
}
