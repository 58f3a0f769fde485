// Sockets on the loopback address and in the file system: every family and kind that programs use.
package main

import (
	"fmt"
	"guests/internal/check"
	"os"
)

// root is a fresh folder for the names of local sockets.
var root string

func main() {
	var err error
	// A local socket's name has room for about a hundred bytes.
	if root, err = os.MkdirTemp("/tmp", "net-*"); err != nil {
		fmt.Println("no folder to work in:", err)
		os.Exit(1)
	}
	check.Part("tcp4 echo", func() error { return echo("tcp4", "127.0.0.1:0") })
	check.Part("tcp6 echo", func() error { return echo("tcp6", "[::1]:0") })
	check.Part("unix echo", func() error { return echo("unix", root+"/echo") })
	check.Part("tcp half close", func() error { return halfClose("tcp4", "127.0.0.1:0") })
	check.Part("unix half close", func() error { return halfClose("unix", root+"/half") })
	check.Part("udp4", func() error { return datagrams("udp4", "127.0.0.1:0", "127.0.0.1:0") })
	check.Part("udp6", func() error { return datagrams("udp6", "[::1]:0", "[::1]:0") })
	check.Part("unix datagrams", func() error { return datagrams("unixgram", root+"/d1", root+"/d2") })
	check.Part("connected udp", connectedDatagrams)
	check.Part("big transfer over tcp", func() error { return bigTransfer("tcp4", "127.0.0.1:0") })
	check.Part("big transfer over unix", func() error { return bigTransfer("unix", root+"/big") })
	check.Part("200 connections", manyConnections)
	check.Part("deadlines", deadlines)
	check.Part("refused connection", refused)
	check.Part("address in use", inUse)
	check.Part("reset", reset)
	check.Part("close wakes readers", closeWakes)
	check.Part("addresses", addresses)
	check.Part("options", options)
	check.Part("descriptor passing", descriptorPassing)
	check.Part("socket pair", socketPair)
	check.Part("file sent to a socket", sendFile)
	check.Part("gathered writes", gatheredWrites)
	check.Part("datagram sizes", datagramSizes)
	check.Part("interfaces", interfaces)
	check.Part("removal", func() error { return os.RemoveAll(root) })
	check.Done()
}
