// Commands in, reports out: one JSON object per line. This file does not know their meaning.
//
// A command is {"id":7,"do":"write",...}. Its answer is {"answer":7,...}. Commands run concurrently: a caller that
// needs an order waits for each answer. All other messages are reports: {"report":"ended",...}.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"sync"
)

type fields = map[string]any

type command struct {
	ID     int
	Do     string
	Stream int

	Hex      string // exact bytes to write, instead of Bytes of payload
	Bytes    int
	Seed     uint32
	Piece    int // bytes of each call of Write or Read; 0: a suitable size
	Pause    int // milliseconds between these calls
	Deadline int // milliseconds that a write may take; 0: no limit
	Max      int

	Count    int
	Together int // streams at a time; 0: Count

	Type      uint32
	Code      uint32
	Text      string
	Interval  int
	Tolerance int
}

// readCommands returns a channel of the commands. The end of the input ends the process, whatever it is doing.
func readCommands(input io.Reader) <-chan command {
	commands := make(chan command, 64)
	go func() {
		lines := bufio.NewScanner(input)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var next command
			if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
				fail(err)
			}
			commands <- next
		}
		os.Exit(0)
	}()
	return commands
}

func (p *peer) obey(commands <-chan command) {
	for next := range commands {
		go func() {
			answer := p.do(next)
			if answer == nil {
				answer = fields{}
			}
			answer["answer"] = next.ID
			printLine(answer)
		}()
	}
}

func report(what string, details fields) {
	if details == nil {
		details = fields{}
	}
	details["report"] = what
	printLine(details)
}

var output sync.Mutex

func printLine(line fields) {
	bytes, err := json.Marshal(line)
	if err != nil {
		fail(err)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(bytes, '\n'))
}
