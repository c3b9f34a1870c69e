// The Go peer of the interop runner: the reference library behind a remote control.
//
//	peer <scenario> server|client <host:port> [options as JSON]
//	peer <scenario> certificate
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

	"golang.ngrok.com/muxado/v2"
)

// options are how this peer differs from one with the library's defaults.
type options struct {
	TLS       bool
	Authority string // PEM of the certificate that the server must have
	LogWrites bool   // keep the length of each write to the transport
	Typed     bool
	Heartbeat *struct{ Interval, Tolerance int } // milliseconds; implies Typed
	Backlog   uint32                             // 0: the library's
}

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: peer <scenario> server|client <host:port> [options], or peer <scenario> certificate"))
	}
	if os.Args[2] == "certificate" {
		certificate, err := newCertificate()
		if err != nil {
			fail(err)
		}
		report("certificate", fields{"certificate": certificate.certificate, "key": certificate.key})
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
	newPeer(transport, role, wanted).obey(commands)
}

func newPeer(transport net.Conn, role string, wanted options) *peer {
	var log *writeLog
	if wanted.LogWrites {
		log = &writeLog{Conn: transport}
		transport = log
	}
	start := muxado.Server
	if role == "client" {
		start = muxado.Client
	}
	p := &peer{writes: log, streams: map[int]muxado.Stream{}}
	p.session = start(transport, &muxado.Config{AcceptBacklog: wanted.Backlog})
	p.closer = p.session
	if wanted.Typed || wanted.Heartbeat != nil {
		p.typed = muxado.NewTypedStreamSession(p.session)
	}
	if wanted.Heartbeat != nil {
		p.startHeartbeat(milliseconds(wanted.Heartbeat.Interval), milliseconds(wanted.Heartbeat.Tolerance))
	}
	go p.reportEnd()
	return p
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
