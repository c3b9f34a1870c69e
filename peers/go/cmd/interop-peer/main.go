// The Go peers of the interop runner: the reference libraries of muxado and of yamux behind one remote control.
//
//	interop-peer <scenario> server|client <host:port> [options as JSON]
//	interop-peer <scenario> certificate
//
// It makes one connection, runs one session over it, does what the lines of its standard input say
// (control.go), and ends with that input, so that nothing outlives the runner. The scenario's name is a label
// for whoever looks at the list of processes.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"

	"muxado.example/peers/internal/certificate"
)

// options are how this peer differs from one with the library's defaults.
type options struct {
	Wire      string // "yamux"; otherwise muxado
	TLS       bool
	Authority string // PEM of the certificate that the server must have
	LogWrites bool   // keep the length of each write to the transport
	Backlog   uint32 // 0: the library's

	// muxado alone.
	Typed     bool
	Heartbeat *struct{ Interval, Tolerance int } // milliseconds; implies Typed

	// yamux alone, in milliseconds and bytes; 0: the library's, but no keep-alive.
	KeepAlive    int
	WriteTimeout int
	OpenTimeout  int
	CloseTimeout int
	Window       uint32
}

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: interop-peer <scenario> server|client <host:port> [options], or interop-peer <scenario> certificate"))
	}
	if os.Args[2] == "certificate" {
		made, err := certificate.New()
		if err != nil {
			fail(err)
		}
		report("certificate", fields{"certificate": made.Certificate, "key": made.Key})
		return
	}

	var wanted options
	if len(os.Args) > 4 {
		if err := json.Unmarshal([]byte(os.Args[4]), &wanted); err != nil {
			fail(err)
		}
	}
	role, address := os.Args[2], os.Args[3]
	// At once: the runner may end before anybody connects.
	commands := readCommands(os.Stdin)
	transport, err := connect(role, address, wanted)
	if err != nil {
		fail(err)
	}
	report("connected", nil)
	p, err := newPeer(transport, role, wanted)
	if err != nil {
		fail(err)
	}
	p.obey(commands)
}

func newPeer(transport net.Conn, role string, wanted options) (*peer, error) {
	p := &peer{streams: map[int]stream{}}
	if wanted.LogWrites {
		p.writes = &writeLog{Conn: transport}
		transport = p.writes
	}
	if wanted.Wire == "yamux" {
		session, err := newYamux(transport, role == "client", wanted)
		if err != nil {
			return nil, err
		}
		p.library = session
	} else {
		codeOf = muxadoCode
		p.library = newMuxado(transport, role == "client", wanted)
	}
	go func() { report("ended", p.library.wait()) }()
	return p, nil
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
