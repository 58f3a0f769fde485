// A client and a server in one process: plain and TLS, compressed, kept alive, many at once.
package main

import (
	"guests/internal/check"
)

func main() {
	check.Part("plain", plain)
	check.Part("keep-alive", keepAlive)
	check.Part("gzip", compressed)
	check.Part("large bodies", largeBodies)
	check.Part("tls", secure)
	check.Part("http/2 over tls", secondVersion)
	check.Part("certificates are checked", untrusted)
	check.Part("parallel clients", parallel)
	check.Part("parallel clients over tls", parallelSecure)
	check.Part("streaming", streaming)
	check.Part("cancelled request", cancelled)
	check.Part("time-out", timeOut)
	check.Part("local socket", overLocalSocket)
	check.Part("graceful shutdown", shutdown)
	check.Done()
}
