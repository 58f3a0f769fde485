package main

import (
	"bytes"
	"errors"
	"fmt"
	"guests/internal/check"
	"hash/crc32"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// serve accepts connections and gives each to f until the listener is closed.
func serve(l net.Listener, f func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			f(c)
		}()
	}
}

func echo(network, address string) error {
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	defer l.Close()
	go serve(l, func(c net.Conn) { io.Copy(c, c) })
	c, err := net.Dial(network, l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	for i := range 500 {
		sent := fmt.Sprintf("message %d", i)
		if _, err := io.WriteString(c, sent); err != nil {
			return err
		}
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(c, got); err != nil {
			return err
		}
		if string(got) != sent {
			return fmt.Errorf("sent %q, got %q", sent, got)
		}
	}
	return nil
}

type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// halfClose ends one direction and still receives on the other.
func halfClose(network, address string) error {
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	defer l.Close()
	go serve(l, func(c net.Conn) {
		all, _ := io.ReadAll(c) // returns only when the other side has closed its direction
		fmt.Fprintf(c, "%d bytes, %s", len(all), strings.ToUpper(string(all[:5])))
	})
	dialed, err := net.Dial(network, l.Addr().String())
	if err != nil {
		return err
	}
	c := dialed.(halfCloser)
	defer c.Close()
	if _, err := io.WriteString(c, strings.Repeat("hello", 1000)); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	_, errWrite := c.Write([]byte("x"))
	answer, err := io.ReadAll(c)
	return check.All(err, check.Equal("answer", string(answer), "5000 bytes, HELLO"),
		check.Equal("write after it", check.Name(errWrite), "EPIPE"))
}

func bigTransfer(network, address string) error {
	const size = 32 << 20
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	defer l.Close()
	go serve(l, func(c net.Conn) {
		block := make([]byte, 100_003)
		for i := range block {
			block[i] = byte(i * 13)
		}
		for left := size; left > 0; {
			n, err := c.Write(block[:min(left, len(block))])
			if err != nil {
				return
			}
			left -= n
		}
	})
	c, err := net.Dial(network, l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, c)
	fmt.Printf("checksum: %08x\n", sum.Sum32())
	return check.All(err, check.Equal("bytes", n, size))
}

// manyConnections holds 200 connections open at once and talks on all of them.
func manyConnections() error {
	const count = 200
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	var open sync.WaitGroup
	open.Add(count)
	go serve(l, func(c net.Conn) {
		open.Done()
		open.Wait() // nobody is answered before all have come
		io.Copy(c, c)
	})
	var clients sync.WaitGroup
	var sum atomic.Int64
	failures := make(chan error, count)
	for i := range count {
		clients.Go(func() {
			c, err := net.Dial("tcp4", l.Addr().String())
			if err != nil {
				failures <- err
				return
			}
			defer c.Close()
			got := []byte{0}
			for range 10 {
				_, err1 := c.Write([]byte{byte(i)})
				_, err2 := io.ReadFull(c, got)
				if err := errors.Join(err1, err2); err != nil {
					failures <- err
					return
				}
				sum.Add(int64(got[0]))
			}
		})
	}
	clients.Wait()
	close(failures)
	return check.All(<-failures, check.Equal("sum", sum.Load(), 10*count*(count-1)/2))
}

func sendFile() error {
	content := bytes.Repeat([]byte("sent by the kernel, "), 100_000)
	name := root + "/content"
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return err
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go serve(l, func(c net.Conn) {
		if f, err := os.Open(name); err == nil {
			defer f.Close()
			io.Copy(c, f) // sendfile, where there is one
		}
	})
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	return check.All(err, check.Equal("content", bytes.Equal(got, content), true))
}

func gatheredWrites() error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go serve(l, func(c net.Conn) {
		pieces := net.Buffers{}
		for i := range 2000 { // more than one call takes
			pieces = append(pieces, fmt.Appendf(nil, "%d,", i))
		}
		pieces.WriteTo(c)
	})
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	fields := strings.Split(string(got), ",")
	return check.All(err, check.Equal("pieces", len(fields), 2001), check.Equal("last", fields[1999], "1999"))
}
