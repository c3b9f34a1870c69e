// The connection below: TCP, or TLS over it with a certificate that lives as long as the server.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"time"
)

const loopback = "127.0.0.1"

// listen takes a free port of loopback.
func listen(isSecure bool) net.Listener {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	check(err)
	if isSecure {
		config := &tls.Config{Certificates: []tls.Certificate{newCertificate()}}
		return tls.NewListener(listener, config)
	}
	return listener
}

func dial(port string, isSecure bool) net.Conn {
	address := net.JoinHostPort(loopback, port)
	var conn net.Conn
	var err error
	if isSecure {
		// The server is our own, and nobody but it has its certificate. What is measured does not depend on it.
		conn, err = tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	} else {
		conn, err = net.Dial("tcp", address)
	}
	check(err)
	return conn
}

func newCertificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
