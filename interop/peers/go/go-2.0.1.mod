module muxado.example/interop-peer

go 1.22

require golang.ngrok.com/muxado/v2 v2.0.1
