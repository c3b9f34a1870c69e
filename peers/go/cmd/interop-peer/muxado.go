// The muxado library, with types and heartbeats or without.
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"time"

	"golang.ngrok.com/muxado/v2"
	"muxado.example/peers/internal/libraries"
)

type muxadoSession struct {
	session   muxado.Session
	closer    interface{ Close() error }
	typed     muxado.TypedStreamSession // nil if streams carry no type
	heartbeat *muxado.Heartbeat         // nil if there is none
}

func newMuxado(transport net.Conn, isClient bool, wanted options) *muxadoSession {
	config := &muxado.Config{AcceptBacklog: wanted.Backlog}
	m := &muxadoSession{session: libraries.Muxado(transport, config, isClient)}
	m.closer = m.session
	if wanted.Typed || wanted.Heartbeat != nil {
		m.typed = muxado.NewTypedStreamSession(m.session)
	}
	if wanted.Heartbeat != nil {
		m.startHeartbeat(milliseconds(wanted.Heartbeat.Interval), milliseconds(wanted.Heartbeat.Tolerance))
	}
	return m
}

func (m *muxadoSession) open(typ uint32) (stream, error) {
	if m.typed != nil {
		return m.typed.OpenTypedStream(muxado.StreamType(typ))
	}
	return m.session.OpenStream()
}

func (m *muxadoSession) accept() (stream, error) {
	switch {
	case m.heartbeat != nil:
		return m.heartbeat.AcceptTypedStream()
	case m.typed != nil:
		return m.typed.AcceptTypedStream()
	default:
		return m.session.AcceptStream()
	}
}

func (m *muxadoSession) goAway(code uint32, text string) error {
	// The library exports these methods, but no interface of it has them.
	session := m.session.(interface {
		GoAway(muxado.ErrorCode, []byte, time.Time) error
	})
	return session.GoAway(muxado.ErrorCode(code), []byte(text), time.Time{})
}

func (m *muxadoSession) close() error { return m.closer.Close() }

func (m *muxadoSession) wait() fields {
	local, remote, debug := m.session.Wait()
	details := fields{"local": errorFields(local), "debug": fmt.Sprintf("%x", debug)}
	if remote != nil {
		details["remote"] = errorFields(remote)
	}
	return details
}

func (m *muxadoSession) do(c command) fields {
	switch c.Do {
	case "beat":
		latency, ok := m.heartbeat.Beat()
		return fields{"ok": ok, "microseconds": latency.Microseconds()}
	case "setBeat":
		m.heartbeat.SetInterval(milliseconds(c.Interval))
		m.heartbeat.SetTolerance(milliseconds(c.Tolerance))
		return nil
	default:
		fail(fmt.Errorf("unknown command %q", c.Do))
		return nil
	}
}

func (m *muxadoSession) startHeartbeat(interval, tolerance time.Duration) {
	m.heartbeat = muxado.NewHeartbeat(m.typed, func(latency time.Duration, timedOut bool) {
		report("beat", fields{"ok": !timedOut, "microseconds": latency.Microseconds()})
	}, &muxado.HeartbeatConfig{Interval: interval, Tolerance: tolerance, Type: 0xFFFFFFFF})
	m.closer = m.heartbeat
	m.heartbeat.Start()
}

// typeOf returns the type of a stream, if it carries one.
func typeOf(s stream) (typ uint32, ok bool) {
	typed, ok := s.(muxado.TypedStream)
	if ok {
		typ = uint32(typed.StreamType())
	}
	return typ, ok
}

func typeBytes(typ uint32) []byte { return binary.BigEndian.AppendUint32(nil, typ) }

func muxadoCode(err error) any {
	code, _ := muxado.GetError(err)
	return uint32(code)
}
