// The library of yamux.
package main

import (
	"fmt"
	"net"

	"github.com/hashicorp/yamux"
	"muxado.example/peers/internal/libraries"
)

type yamuxSession struct{ session *yamux.Session }

func newYamux(transport net.Conn, isClient bool, wanted options) (*yamuxSession, error) {
	config := yamux.DefaultConfig()
	config.LogOutput = logLines{}
	config.EnableKeepAlive = wanted.KeepAlive > 0
	if wanted.KeepAlive > 0 {
		config.KeepAliveInterval = milliseconds(wanted.KeepAlive)
	}
	if wanted.WriteTimeout > 0 {
		config.ConnectionWriteTimeout = milliseconds(wanted.WriteTimeout)
	}
	if wanted.Backlog > 0 {
		config.AcceptBacklog = int(wanted.Backlog)
	}
	if wanted.Window > 0 {
		config.MaxStreamWindowSize = wanted.Window
	}
	if wanted.OpenTimeout > 0 {
		config.StreamOpenTimeout = milliseconds(wanted.OpenTimeout)
	}
	if wanted.CloseTimeout > 0 {
		config.StreamCloseTimeout = milliseconds(wanted.CloseTimeout)
	}
	session, err := libraries.Yamux(transport, config, isClient)
	return &yamuxSession{session}, err
}

func (y *yamuxSession) open(uint32) (stream, error) { return opened(y.session.OpenStream()) }

func (y *yamuxSession) accept() (stream, error) { return opened(y.session.AcceptStream()) }

func opened(s *yamux.Stream, err error) (stream, error) {
	if err != nil {
		return nil, err
	}
	return libraries.YamuxStream{Stream: s}, nil
}

// goAway always has the code 0, because the library has no other.
func (y *yamuxSession) goAway(uint32, string) error { return y.session.GoAway() }

func (y *yamuxSession) close() error { return y.session.Close() }

// wait returns the error of the next accept.
func (y *yamuxSession) wait() fields {
	<-y.session.CloseChan()
	_, err := y.session.AcceptStream()
	return fields{"local": errorFields(err), "debug": ""}
}

func (y *yamuxSession) do(c command) fields {
	if c.Do != "ping" {
		fail(fmt.Errorf("unknown command %q", c.Do))
	}
	roundTrip, err := y.session.Ping()
	if err != nil {
		return failure(err)
	}
	return fields{"microseconds": roundTrip.Microseconds()}
}

// logLines sends the log lines of the library as reports.
type logLines struct{}

func (logLines) Write(line []byte) (int, error) {
	report("log", fields{"text": string(line)})
	return len(line), nil
}
