// Commands in, reports out: one JSON object a line. Knows nothing of what they mean.
//
// A command is {"id":7,"do":"write",...}; its answer {"answer":7,...}. Commands run side by side: who needs
// an order waits for the answers. Anything else that is worth telling is {"report":"ended",...}.
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

	Hex      string // what to write, if not Bytes of payload
	Bytes    int
	Seed     uint32
	Piece    int // bytes of each call of Write or Read; 0: a size that suits
	Pause    int // milliseconds between these calls
	Deadline int // milliseconds that a write may take; 0: no limit
	Max      int

	Count    int
	Together int // streams at a time; 0: all of Count

	Type      uint32
	Code      uint32
	Text      string
	Interval  int
	Tolerance int
}

// readCommands gives out the commands; the end of the input ends the process, whatever it is doing.
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
