package libraries

import (
	"net"

	"github.com/hashicorp/yamux"
)

// Yamux starts a yamux session.
func Yamux(conn net.Conn, config *yamux.Config, isClient bool) (*yamux.Session, error) {
	if isClient {
		return yamux.Client(conn, config)
	}
	return yamux.Server(conn, config)
}

// YamuxStream gives a yamux stream the method names of a muxado stream.
type YamuxStream struct{ *yamux.Stream }

// Id returns the stream id on the wire.
func (s YamuxStream) Id() uint32 { return s.StreamID() }

// CloseWrite half-closes the stream. Close does no more than that.
func (s YamuxStream) CloseWrite() error { return s.Close() }
