// The peers of the benchmark in Go. One process runs one peer: a server, or the client of the server on a given port,
// or, as the kind "relay", a relay before that server.
//
//	bench-peer <name of the peer> <kind of workload> [port]
//
// It does the tasks of its parent (parent.go) in the way of bench/src/process.ts, and ends with its parent. Any failure
// ends it at once, so that a broken run gives no figure.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: bench-peer <name of the peer> <kind of workload> [port]"))
	}
	peer, ok := peers[os.Args[1]]
	if !ok {
		fail(fmt.Errorf("there is no peer %q", os.Args[1]))
	}
	// The value 0 changes nothing.
	runtime.GOMAXPROCS(peer.processors)
	parent := newParent()
	switch kind := os.Args[2]; {
	case len(os.Args) == 3:
		serveParent(parent, serve(peer, kind))
	case kind == "relay":
		serveParent(parent, relay(peer, os.Args[3]))
	default:
		connectParent(parent, peer, os.Args[3])
	}
}

func serveParent(parent *parent, port int) {
	parent.tell(answer{Port: port})
	for parent.next() != nil {
		memory := memoryInUse()
		parent.tell(answer{Memory: &memory})
	}
}

func connectParent(parent *parent, peer peer, port string) {
	number, err := strconv.Atoi(port)
	check(err)
	client := client{session: connect(peer, port)}
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
	fmt.Fprintln(os.Stderr, os.Args[1:], err)
	os.Exit(1)
}
