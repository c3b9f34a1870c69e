// Both sides of the workloads over yamux, each stream in a goroutine of its own.
package main

import (
	"io"
	"net"

	"github.com/hashicorp/yamux"
)

const loopback = "127.0.0.1"

// maxWindow is measured for bulk over one stream: nearly twice as fast as with the default of 256 KiB, and no
// faster with 16 MiB. The other workloads do not care.
const maxWindow = 4 * 1024 * 1024

// readLength is measured for bulk: as fast as 64 KiB and 1 MiB, and faster than the 32 KiB of io.Copy.
const readLength = 256 * 1024

func config() *yamux.Config {
	config := yamux.DefaultConfig()
	if isTuned {
		config.MaxStreamWindowSize = maxWindow
	}
	return config
}

// connection is what the sessions run over: as it is, or tuned: gathering what yamux writes.
func connection(conn net.Conn) net.Conn {
	if isTuned {
		return gather(conn)
	}
	return conn
}

// serve listens on a free port, which it returns, and serves until the process ends.
func serve(kind string) int {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	check(err)
	handle := handlers[kind]
	go func() {
		for {
			conn, err := listener.Accept()
			check(err)
			go accept(conn, handle)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func accept(conn net.Conn, handle func(*yamux.Stream)) {
	session, err := yamux.Server(connection(conn), config())
	check(err)
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return // The client has ended.
		}
		go handle(stream)
	}
}

var handlers = map[string]func(*yamux.Stream){
	"open": func(stream *yamux.Stream) {
		write(stream, replyTo(readToEnd(stream)))
		check(stream.Close())
	},

	"bulk": func(stream *yamux.Stream) {
		var bulk bulkReader
		_, err := io.CopyBuffer(&bulk, stream, make([]byte, readLength))
		check(err)
		write(stream, message(uint32(bulk.length), replyStep))
		check(stream.Close())
	},

	// The stream rests in the session's table, which is enough to keep it.
	"idle": func(stream *yamux.Stream) { write(stream, replyTo(readFirst(stream))) },
}

// exchange opens a stream, sends the request, half-closes, and returns all that is sent back.
func exchange(session *yamux.Session, body []byte) []byte {
	stream := open(session)
	write(stream, body)
	check(stream.Close())
	return readToEnd(stream)
}

// upload sends length bulk bytes in one stream, size in each write, half-closes, and returns all that is sent back.
func upload(session *yamux.Session, length, size int) []byte {
	stream := open(session)
	for at := 0; at < length; at += size {
		write(stream, bulkChunk(at, min(size, length-at)))
	}
	check(stream.Close())
	return readToEnd(stream)
}

// hold opens a stream, sends the request, returns the reply, and leaves the stream open.
func hold(session *yamux.Session, body []byte) []byte {
	stream := open(session)
	write(stream, body)
	return readFirst(stream)
}

func open(session *yamux.Session) *yamux.Stream {
	stream, err := session.OpenStream()
	check(err)
	return stream
}

func write(stream *yamux.Stream, bytes []byte) {
	_, err := stream.Write(bytes)
	check(err)
}

// readToEnd returns the only message of a stream that its sender then half-closes.
func readToEnd(stream *yamux.Stream) []byte {
	// A byte more than there should be: to see if there is more.
	body := make([]byte, messageLength+1)
	length := 0
	for {
		n, err := stream.Read(body[length:])
		length += n
		if err == io.EOF {
			return body[:length]
		}
		check(err)
		if length == len(body) {
			return body // Too long, which the check finds.
		}
	}
}

// readFirst returns the first message of a stream that stays open.
func readFirst(stream *yamux.Stream) []byte {
	body := make([]byte, messageLength)
	_, err := io.ReadFull(stream, body)
	check(err)
	return body
}
