// What a peer can be told to do with its session.
package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.ngrok.com/muxado/v2"
)

type peer struct {
	session   muxado.Session
	closer    interface{ Close() error }
	typed     muxado.TypedStreamSession // nil unless streams carry a type
	heartbeat *muxado.Heartbeat         // nil unless there is one
	writes    *writeLog                 // nil unless asked for

	mutex   sync.Mutex
	last    int
	streams map[int]muxado.Stream
}

func (p *peer) do(c command) fields {
	switch c.Do {
	case "open":
		return p.opened(p.open(c))
	case "accept":
		return p.opened(p.accept())
	case "serve":
		go p.serve()
		return nil
	case "ask":
		return p.ask(c)
	case "goAway":
		// Exported, but on no interface of the library's.
		session := p.session.(interface {
			GoAway(muxado.ErrorCode, []byte, time.Time) error
		})
		return failure(session.GoAway(muxado.ErrorCode(c.Code), []byte(c.Text), time.Time{}))
	case "end":
		return failure(p.closer.Close())
	case "beat":
		latency, ok := p.heartbeat.Beat()
		return fields{"ok": ok, "microseconds": latency.Microseconds()}
	case "setBeat":
		p.heartbeat.SetInterval(milliseconds(c.Interval))
		p.heartbeat.SetTolerance(milliseconds(c.Tolerance))
		return nil
	case "memory":
		return fields{"peak": peakMemory()}
	case "writes":
		return fields{"lengths": p.writes.take()}
	default:
		return p.doOnStream(c)
	}
}

func (p *peer) open(c command) (muxado.Stream, error) {
	if p.typed != nil {
		return p.typed.OpenTypedStream(muxado.StreamType(c.Type))
	}
	return p.session.OpenStream()
}

func (p *peer) accept() (muxado.Stream, error) {
	switch {
	case p.heartbeat != nil:
		return p.heartbeat.AcceptTypedStream()
	case p.typed != nil:
		return p.typed.AcceptTypedStream()
	default:
		return p.session.AcceptStream()
	}
}

func (p *peer) opened(stream muxado.Stream, err error) fields {
	if err != nil {
		return failure(err)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.last++
	p.streams[p.last] = stream
	answer := fields{"stream": p.last, "wireId": stream.Id()}
	if typed, ok := stream.(muxado.TypedStream); ok {
		answer["type"] = uint32(typed.StreamType())
	}
	return answer
}

func (p *peer) startHeartbeat(interval, tolerance time.Duration) {
	p.heartbeat = muxado.NewHeartbeat(p.typed, func(latency time.Duration, timedOut bool) {
		report("beat", fields{"ok": !timedOut, "microseconds": latency.Microseconds()})
	}, &muxado.HeartbeatConfig{Interval: interval, Tolerance: tolerance, Type: 0xFFFFFFFF})
	p.closer = p.heartbeat
	p.heartbeat.Start()
}

func (p *peer) reportEnd() {
	local, remote, debug := p.session.Wait()
	details := fields{"local": errorFields(local), "debug": fmt.Sprintf("%x", debug)}
	if remote != nil {
		details["remote"] = errorFields(remote)
	}
	report("ended", details)
}

func failure(err error) fields {
	if err == nil {
		return nil
	}
	return fields{"error": errorFields(err)}
}

func errorFields(err error) fields {
	code, _ := muxado.GetError(err)
	return fields{"code": uint32(code), "text": err.Error()}
}

// peakMemory is the most that this process has had in memory, in bytes; 0 where the system does not say.
func peakMemory() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kibibytes := 0
	fmt.Sscan(rest, &kibibytes)
	return kibibytes * 1024
}
