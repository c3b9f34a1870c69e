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

// serve sends back whatever comes on every stream, and reports each when it is over. A typed stream is sent
// its type first.
func (p *peer) serve() {
	for {
		stream, err := p.accept()
		if err != nil {
			report("served all", failure(err))
			return
		}
		go func() {
			typed, ok := stream.(muxado.TypedStream)
			if ok {
				stream.Write(typeBytes(typed.StreamType()))
			}
			served := echo(stream)
			served["wireId"] = stream.Id()
			if ok {
				served["type"] = uint32(typed.StreamType())
			}
			report("served", served)
		}()
	}
}

// ask opens streams, sends a request on each, and checks that the same comes back. Typed ones use their
// number as their type, and expect it in front.
func (p *peer) ask(c command) fields {
	together := c.Together
	if together == 0 {
		together = c.Count
	}
	var (
		mutex sync.Mutex
		wrong = []string{}
		turns = make(chan int)
		group sync.WaitGroup
	)
	for i := 0; i < together; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for turn := range turns {
				if err := p.askOnce(c, uint32(turn)); err != nil {
					mutex.Lock()
					wrong = append(wrong, fmt.Sprintf("stream %d: %v", turn, err))
					mutex.Unlock()
				}
			}
		}()
	}
	for turn := 0; turn < c.Count; turn++ {
		turns <- turn
	}
	close(turns)
	group.Wait()
	return fields{"right": c.Count - len(wrong), "wrong": wrong}
}

func (p *peer) askOnce(c command, turn uint32) error {
	stream, err := p.open(command{Type: c.Type + turn})
	if err != nil {
		return err
	}
	defer stream.Close()
	if p.typed != nil {
		reply := make([]byte, 4)
		if _, err := readFull(stream, reply); err != nil {
			return err
		}
		if got := typeOf(reply); got != muxado.StreamType(c.Type+turn) {
			return fmt.Errorf("type %d instead of %d", got, c.Type+turn)
		}
	}
	sent := make(chan digest, 1)
	go func() {
		sent <- sendPayload(stream, command{Bytes: c.Bytes, Seed: c.Seed + turn})
		stream.CloseWrite()
	}()
	got, there := receive(stream, command{}), <-sent
	if there.err != nil {
		return there.err
	}
	if got.err != nil {
		return got.err
	}
	if got.sum() != there.sum() {
		return fmt.Errorf("%d bytes came back of %d, or others", got.length, there.length)
	}
	return nil
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
