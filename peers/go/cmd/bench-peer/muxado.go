// golang.ngrok.com/muxado/v2, with its default options or with the best options.
package main

import (
	"bufio"
	"io"
	"net"

	"golang.ngrok.com/muxado/v2"
	"golang.ngrok.com/muxado/v2/frame"
	"muxado.example/peers/internal/libraries"
)

// muxadoBacklog is more than any workload opens at once. With the default of 128, the server refuses some of 256
// streams whenever its accepting goroutine has to wait.
const muxadoBacklog = 1024

// muxadoWindow is the window that each side assumes for the other, because muxado does not announce it. Measured for
// bulk over one stream: 1.5 times as fast as with the default of 256 KiB or with 4 MiB.
const muxadoWindow = 1024 * 1024

// readAhead is the number of bytes that a tuned session reads at once. By itself, muxado makes a system call for each
// header.
const readAhead = 64 * 1024

type muxadoSession struct{ muxado.Session }

func (s muxadoSession) open() (stream, error)   { return s.OpenStream() }
func (s muxadoSession) accept() (stream, error) { return s.AcceptStream() }

func startMuxado(conn net.Conn, isClient bool) session {
	return newMuxado(conn, &muxado.Config{AcceptBacklog: muxadoBacklog}, isClient)
}

func startMuxadoTuned(conn net.Conn, isClient bool) session {
	config := &muxado.Config{
		MaxWindowSize: muxadoWindow,
		AcceptBacklog: muxadoBacklog,
		NewFramer: func(r io.Reader, w io.Writer) frame.Framer {
			return frame.NewFramer(bufio.NewReaderSize(r, readAhead), w)
		},
	}
	return newMuxado(gather(conn), config, isClient)
}

func newMuxado(conn net.Conn, config *muxado.Config, isClient bool) session {
	return muxadoSession{libraries.Muxado(conn, config, isClient)}
}
