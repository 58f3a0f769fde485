package main

import (
	"bytes"
	"errors"
	"fmt"
	"guests/internal/check"
	"net"
	"os"
	"syscall"
	"time"
)

func datagrams(network, first, second string) error {
	one, err := net.ListenPacket(network, first)
	if err != nil {
		return err
	}
	defer one.Close()
	two, err := net.ListenPacket(network, second)
	if err != nil {
		return err
	}
	defer two.Close()
	got := make([]byte, 2000)
	for i := range 100 {
		sent := bytes.Repeat([]byte{byte(i)}, 1+i*15)
		if _, err := one.WriteTo(sent, two.LocalAddr()); err != nil {
			return err
		}
		n, from, err := two.ReadFrom(got)
		if err != nil {
			return err
		}
		if !bytes.Equal(got[:n], sent) || from.String() != one.LocalAddr().String() {
			return fmt.Errorf("datagram %d: %d bytes from %v", i, n, from)
		}
		if _, err := two.WriteTo(got[:n], from); err != nil {
			return err
		}
		if n, _, err = one.ReadFrom(got); err != nil || n != len(sent) {
			return fmt.Errorf("answer %d: %d bytes, %v", i, n, err)
		}
	}
	return nil
}

func connectedDatagrams() error {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	client, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := client.Write([]byte("to the one I know")); err != nil {
		return err
	}
	got := make([]byte, 100)
	n, from, err := server.ReadFromUDP(got)
	if err := check.All(err, check.Equal("text", string(got[:n]), "to the one I know"),
		check.Equal("from", from.String(), client.LocalAddr().String())); err != nil {
		return err
	}
	server.Close()
	// Now nobody listens there: the refusal comes back with a later call.
	client.SetDeadline(time.Now().Add(10 * time.Second))
	client.Write([]byte("into the void"))
	_, err = client.Read(got)
	return check.Equal("read", check.Name(err), "ECONNREFUSED")
}

func datagramSizes() error {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	_, errBig := client.Write(make([]byte, 70_000))
	if _, err := client.Write(nil); err != nil { // an empty datagram is one all the same
		return err
	}
	if _, err := client.Write([]byte("truncate me")); err != nil {
		return err
	}
	got := make([]byte, 8)
	empty, _, err1 := server.ReadFrom(got)
	short, _, err2 := server.ReadFrom(got)
	return check.All(err1, err2, check.Equal("empty", empty, 0), check.Equal("short", short, 8),
		check.Equal("too big", check.Name(errBig), "EMSGSIZE"))
}

// descriptorPassing sends an open file through a local socket.
func descriptorPassing() error {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fds[0])
	defer syscall.Close(fds[1])
	name := root + "/passed"
	if err := os.WriteFile(name, []byte("passed on"), 0o600); err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	rights := syscall.UnixRights(int(f.Fd()))
	err = syscall.Sendmsg(fds[0], []byte("!"), rights, nil, 0)
	f.Close()
	if err != nil {
		return err
	}
	data, control := make([]byte, 4), make([]byte, syscall.CmsgSpace(4*4))
	n, controlled, _, _, err := syscall.Recvmsg(fds[1], data, control, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseSocketControlMessage(control[:controlled])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("%d control messages, %v", len(messages), err)
	}
	received, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(received) != 1 {
		return fmt.Errorf("%d descriptors, %v", len(received), err)
	}
	g := os.NewFile(uintptr(received[0]), "received")
	defer g.Close()
	text := make([]byte, 9)
	_, err = g.Read(text)
	return check.All(err, check.Equal("bytes", n, 1), check.Equal("text", string(text), "passed on"))
}

func socketPair() error {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	_, err1 := syscall.Write(fds[0], []byte("one"))
	_, err2 := syscall.Write(fds[0], []byte("three"))
	got := make([]byte, 10)
	n1, err3 := syscall.Read(fds[1], got)
	n2, err4 := syscall.Read(fds[1], got)
	return check.All(errors.Join(err1, err2, err3, err4), check.Equal("first", n1, 3), check.Equal("second", n2, 5),
		syscall.Close(fds[0]), syscall.Close(fds[1]))
}
