module muxado.example/peers

go 1.22

require (
	github.com/hashicorp/yamux v0.1.2
	golang.ngrok.com/muxado/v2 v2.0.1
)
