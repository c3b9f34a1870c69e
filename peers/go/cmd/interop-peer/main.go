// The Go peers of the interop runner: the reference libraries of muxado and of yamux under one remote control.
//
//	interop-peer <scenario> server|client <host:port> [options as JSON]
//	interop-peer <scenario> certificate
//
// It makes one connection, runs one session over it, performs the commands on its standard input (control.go), and ends
// when that input ends, so that no process outlives the runner. The name of the scenario is a label for readers of the
// list of processes.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"

	"muxado.example/peers/internal/certificate"
)

// options are the differences between this peer and one with the defaults of the library.
type options struct {
	Wire      string // "yamux"; else muxado
	TLS       bool
	Authority string // PEM of the certificate that the server must have
	LogWrites bool   // records the length of each write to the transport
	Backlog   uint32 // 0: the default of the library

	// Options of muxado alone.
	Typed     bool
	Heartbeat *struct{ Interval, Tolerance int } // milliseconds; implies Typed

	// Options of yamux alone, in milliseconds and bytes. 0 means the default of the library, but for KeepAlive no
	// keep-alive.
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
	// It reads commands before it connects, because the runner may end before any side connects.
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
