// The transport: TCP, or TLS over TCP with a certificate that lives as long as the server.
package main

import (
	"crypto/tls"
	"net"

	"muxado.example/peers/internal/certificate"
)

const loopback = "127.0.0.1"

// listen listens on a free port of loopback.
func listen(isSecure bool) net.Listener {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	check(err)
	if isSecure {
		made, err := certificate.New()
		check(err)
		config := &tls.Config{Certificates: []tls.Certificate{made.Pair}}
		return tls.NewListener(listener, config)
	}
	return listener
}

func dial(port string, isSecure bool) net.Conn {
	address := net.JoinHostPort(loopback, port)
	var conn net.Conn
	var err error
	if isSecure {
		// The server is our own, and only it has its certificate. The check of it is not part of any figure.
		conn, err = tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	} else {
		conn, err = net.Dial("tcp", address)
	}
	check(err)
	return conn
}
