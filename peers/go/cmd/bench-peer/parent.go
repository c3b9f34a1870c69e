// The messages between the process and its parent: those of bench/src/messages.ts, over the channel that Node opens to
// a child in any language. Each line holds one JSON value.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

type task struct {
	Do      string
	Streams int
	Seconds float64
	Bytes   float64
	Size    int
	Count   int
}

type answer struct {
	Port   int        `json:"port,omitempty"`
	Rate   float64    `json:"rate,omitempty"`
	Memory *memoryUse `json:"memory,omitempty"`
}

type parent struct {
	channel *os.File
	tasks   *json.Decoder
}

func newParent() *parent {
	fd, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	if err != nil {
		fail(fmt.Errorf("to be started by the benchmark: NODE_CHANNEL_FD: %w", err))
	}
	channel := os.NewFile(uintptr(fd), "parent")
	return &parent{channel: channel, tasks: json.NewDecoder(bufio.NewReader(channel))}
}

// next waits for a task. It returns nil once the parent has closed the channel.
func (p *parent) next() *task {
	var next task
	err := p.tasks.Decode(&next)
	if errors.Is(err, io.EOF) {
		return nil
	}
	check(err)
	return &next
}

func (p *parent) tell(answer answer) {
	line, err := json.Marshal(answer)
	check(err)
	_, err = p.channel.Write(append(line, '\n'))
	check(err)
}
