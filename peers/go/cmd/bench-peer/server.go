// The server of the workloads. Each stream has a goroutine of its own.
package main

import (
	"io"
	"net"
	"sync"
)

// readLength is measured for bulk: it is as fast as 64 KiB and 1 MiB, and faster than the 32 KiB of io.Copy.
const readLength = 256 * 1024

// serve listens on a free port, which it returns, and serves until the process ends.
func serve(peer peer, kind string) int {
	handle := handlers[kind]
	return serveSessions(peer, func(session session) { acceptStreams(session, handle) })
}

func serveSessions(peer peer, handle func(session)) int {
	listener := listen(peer.isSecure)
	go func() {
		for {
			conn, err := listener.Accept()
			check(err)
			go handle(peer.start(conn, false))
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func acceptStreams(session session, handle func(stream)) {
	for {
		stream, err := session.accept()
		if err != nil {
			return // The client has ended.
		}
		go handle(stream)
	}
}

var handlers = map[string]func(stream){
	"open": func(stream stream) {
		write(stream, replyTo(readToEnd(stream)))
		check(stream.CloseWrite())
	},

	"bulk": func(stream stream) {
		var bulk bulkReader
		_, err := io.CopyBuffer(&bulk, stream, make([]byte, readLength))
		check(err)
		write(stream, message(uint32(bulk.length), replyStep))
		check(stream.CloseWrite())
	},

	"messages": func(stream stream) {
		body := make([]byte, messageLength)
		for {
			_, err := io.ReadFull(stream, body)
			if err == io.EOF {
				break
			}
			check(err)
			write(stream, replyTo(body))
		}
		check(stream.CloseWrite())
	},

	// The session's table keeps the stream, so nothing else must keep it.
	"idle": func(stream stream) { write(stream, replyTo(readFirst(stream))) },

	"echo": func(stream stream) {
		buffer := buffers.Get().(*[readLength]byte)
		defer buffers.Put(buffer)
		_, err := io.CopyBuffer(stream, stream, buffer[:])
		check(err)
		check(stream.CloseWrite())
	},
}

// buffers holds large buffers for reuse, so that a stream that echoes one byte need not make one.
var buffers = sync.Pool{New: func() any { return new([readLength]byte) }}

func write(stream stream, bytes []byte) {
	_, err := stream.Write(bytes)
	check(err)
}

// readToEnd returns the only message of a stream. Its sender then half-closes the stream.
func readToEnd(stream stream) []byte {
	// One byte more than expected, to detect surplus bytes.
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
			return body // The body is too long. The check finds that.
		}
	}
}

// readFirst returns the first message of a stream that stays open.
func readFirst(stream stream) []byte {
	body := make([]byte, messageLength)
	_, err := io.ReadFull(stream, body)
	check(err)
	return body
}
