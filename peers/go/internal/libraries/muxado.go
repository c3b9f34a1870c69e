// Package libraries starts sessions of both libraries, and gives their streams the same method names.
package libraries

import (
	"net"

	"golang.ngrok.com/muxado/v2"
)

// Muxado starts a muxado session.
func Muxado(conn net.Conn, config *muxado.Config, isClient bool) muxado.Session {
	if isClient {
		return muxado.Client(conn, config)
	}
	return muxado.Server(conn, config)
}
