// The commands of a peer for its session.
package main

import (
	"sync"

	"muxado.example/peers/internal/memory"
)

type peer struct {
	library library
	writes  *writeLog // nil unless the options ask for it

	mutex   sync.Mutex
	last    int
	streams map[int]stream
}

func (p *peer) do(c command) fields {
	switch c.Do {
	case "open":
		return p.opened(p.library.open(c.Type))
	case "accept":
		return p.opened(p.library.accept())
	case "serve":
		go p.serve()
		return nil
	case "ask":
		return p.ask(c)
	case "goAway":
		return failure(p.library.goAway(c.Code, c.Text))
	case "end":
		return failure(p.library.close())
	case "memory":
		return fields{"peak": memory.Peak()}
	case "writes":
		return fields{"lengths": p.writes.take()}
	}
	if c.Stream == 0 {
		return p.library.do(c)
	}
	return p.doOnStream(c)
}

func (p *peer) opened(stream stream, err error) fields {
	if err != nil {
		return failure(err)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.last++
	p.streams[p.last] = stream
	answer := fields{"stream": p.last, "wireId": stream.Id()}
	if typ, ok := typeOf(stream); ok {
		answer["type"] = typ
	}
	return answer
}

func failure(err error) fields {
	if err == nil {
		return nil
	}
	return fields{"error": errorFields(err)}
}

// codeOf returns the code of a library's error, or null. Errors of yamux have no code.
var codeOf = func(error) any { return nil }

func errorFields(err error) fields {
	return fields{"code": codeOf(err), "text": err.Error()}
}
