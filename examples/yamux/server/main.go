// A typical Yamux server in Go. Each stream is a net.Conn: the server reads lines and sends them back in capitals. The
// first line of output is the port that the server listens on.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/hashicorp/yamux"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		session, err := yamux.Server(conn, nil)
		if err != nil {
			log.Fatal(err)
		}
		go serve(session)
	}
}

func serve(session *yamux.Session) {
	for {
		stream, err := session.Accept()
		if err != nil {
			return
		}
		go shout(stream)
	}
}

func shout(stream net.Conn) {
	defer stream.Close()
	lines := bufio.NewScanner(stream)
	for lines.Scan() {
		if _, err := fmt.Fprintln(stream, strings.ToUpper(lines.Text())); err != nil {
			return
		}
	}
}
