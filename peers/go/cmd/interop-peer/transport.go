// The only connection of this process: dialed or accepted, with or without TLS.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"

	"muxado.example/peers/internal/certificate"
)

func connect(role, address string, wanted options) (net.Conn, error) {
	if role == "client" {
		return dial(address, wanted)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	details := fields{"port": listener.Addr().(*net.TCPAddr).Port}
	config := &tls.Config{}
	if wanted.TLS {
		made, err := certificate.New()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{made.Pair}
		details["certificate"] = made.Certificate
	}
	report("listening", details)
	transport, err := listener.Accept()
	if err != nil || !wanted.TLS {
		return transport, err
	}
	secure := tls.Server(transport, config)
	return secure, secure.Handshake()
}

func dial(address string, wanted options) (net.Conn, error) {
	if !wanted.TLS {
		return net.Dial("tcp", address)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM([]byte(wanted.Authority)) {
		return nil, fmt.Errorf("authority is not a certificate")
	}
	return tls.Dial("tcp", address, &tls.Config{RootCAs: authorities, ServerName: "localhost"})
}

// writeLog records the length of each write.
type writeLog struct {
	net.Conn
	mutex   sync.Mutex
	lengths []int
}

func (l *writeLog) Write(bytes []byte) (int, error) {
	l.mutex.Lock()
	l.lengths = append(l.lengths, len(bytes))
	l.mutex.Unlock()
	return l.Conn.Write(bytes)
}

func (l *writeLog) take() []int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	lengths := append([]int{}, l.lengths...)
	l.lengths = nil
	return lengths
}
