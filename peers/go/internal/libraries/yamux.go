package libraries

import (
	"net"

	"github.com/hashicorp/yamux"
)

// Yamux starts a session of yamux's.
func Yamux(conn net.Conn, config *yamux.Config, isClient bool) (*yamux.Session, error) {
	if isClient {
		return yamux.Client(conn, config)
	}
	return yamux.Server(conn, config)
}

// YamuxStream gives a stream of yamux's the names that muxado's has.
type YamuxStream struct{ *yamux.Stream }

// Id is its number on the wire.
func (s YamuxStream) Id() uint32 { return s.StreamID() }

// CloseWrite ends its own direction: Close does no more than that.
func (s YamuxStream) CloseWrite() error { return s.Close() }
