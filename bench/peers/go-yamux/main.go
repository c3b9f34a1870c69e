// The peers go-yamux and go-yamux-tuned of the benchmark: one process of one of them, a server, or the
// client of the one on a given port.
//
//	go-yamux <name of the peer> <kind of workload> [port]
//
// It does what its parent asks (parent.go), in the way of bench/src/process.ts, and ends with it. Whatever
// goes wrong ends it at once, so that no figure comes out of a broken run.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/hashicorp/yamux"
)

// isTuned says which of the two peers this is.
var isTuned bool

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: go-yamux <name of the peer> <kind of workload> [port]"))
	}
	isTuned = os.Args[1] == "go-yamux-tuned"
	parent := newParent()
	if len(os.Args) == 3 {
		serveParent(parent, os.Args[2])
	} else {
		connectParent(parent, os.Args[3])
	}
}

func serveParent(parent *parent, kind string) {
	parent.tell(answer{Port: serve(kind)})
	for parent.next() != nil {
		memory := memoryInUse()
		parent.tell(answer{Memory: &memory})
	}
}

func connectParent(parent *parent, port string) {
	number, err := strconv.Atoi(port)
	check(err)
	conn, err := net.Dial("tcp", net.JoinHostPort(loopback, port))
	check(err)
	session, err := yamux.Client(connection(conn), config())
	check(err)
	client := client{session: session}
	parent.tell(answer{Port: number})
	for task := parent.next(); task != nil; task = parent.next() {
		parent.tell(client.perform(*task))
	}
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "go-yamux:", err)
	os.Exit(1)
}
