// The relay of the workloads: it stands between a client and a server, in a process of its own.
package main

import "io"

// relay listens on a free port, which it returns, and carries each stream on over a stream to the server on port. Each
// session of a client has a session of its own there.
func relay(peer peer, port string) int {
	return serveSessions(peer, func(inward session) {
		outward := connect(peer, port)
		acceptStreams(inward, func(from stream) {
			to := open(outward)
			go carry(to, from)
			carry(from, to)
		})
	})
}

// carry carries one direction, as most programs do: with the 32 KiB of io.Copy.
func carry(to, from stream) {
	_, err := io.Copy(to, from)
	check(err)
	check(to.CloseWrite())
}
