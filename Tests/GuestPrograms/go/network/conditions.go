package main

import (
	"errors"
	"guests/internal/check"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// pair is both ends of a tcp connection.
func pair() (near, far *net.TCPConn, err error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if near, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr)); err != nil {
		return nil, nil, err
	}
	if far, err = l.AcceptTCP(); err != nil {
		near.Close()
	}
	return near, far, err
}

func deadlines() error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	defer near.Close()
	defer far.Close()
	begin := time.Now()
	near.SetReadDeadline(begin.Add(30 * time.Millisecond))
	_, errRead := near.Read(make([]byte, 1))
	waited := time.Since(begin)

	near.SetWriteDeadline(time.Now().Add(30 * time.Millisecond))
	var errWrite error
	for block := make([]byte, 1<<20); errWrite == nil; { // nobody reads: the buffers fill up
		_, errWrite = near.Write(block)
	}

	near.SetDeadline(time.Time{})
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer l.Close()
	l.SetDeadline(time.Now().Add(10 * time.Millisecond))
	_, errAccept := l.Accept()

	// A deadline that is set while a read waits.
	done := make(chan error)
	go func() { _, err := far.Read(make([]byte, 64<<20)); done <- err }()
	<-done // what near wrote
	go func() {
		for {
			if _, err := far.Read(make([]byte, 1<<20)); err != nil {
				done <- err
				return
			}
		}
	}()
	time.Sleep(5 * time.Millisecond)
	far.SetReadDeadline(time.Now())
	return check.All(check.Equal("waited", waited >= 30*time.Millisecond, true),
		check.Equal("read", check.Name(errRead), "deadline"), check.Equal("write", check.Name(errWrite), "deadline"),
		check.Equal("accept", check.Name(errAccept), "deadline"), check.Equal("late", check.Name(<-done), "deadline"))
}

func refused() error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	l.Close()
	_, errTCP := net.DialTimeout("tcp4", address, 10*time.Second)
	_, errUnix := net.Dial("unix", root+"/nobody")
	return check.All(check.Equal("tcp", check.Name(errTCP), "ECONNREFUSED"),
		check.Equal("unix", check.Name(errUnix), "ENOENT"))
}

func inUse() error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	_, errTCP := net.Listen("tcp4", l.Addr().String())
	u, err := net.Listen("unix", root+"/used")
	if err != nil {
		return err
	}
	defer u.Close()
	_, errUnix := net.Listen("unix", root+"/used")
	return check.All(check.Equal("tcp", check.Name(errTCP), "EADDRINUSE"),
		check.Equal("unix", check.Name(errUnix), "EADDRINUSE"))
}

func reset() error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	defer near.Close()
	if err := check.All(far.SetLinger(0), far.Close()); err != nil { // no lingering: the other side is reset
		return err
	}
	_, err = near.Read(make([]byte, 1))
	return check.Equal("read", check.Name(err), "ECONNRESET")
}

func closeWakes() error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	defer far.Close()
	woken := make(chan error)
	go func() { _, err := near.Read(make([]byte, 1)); woken <- err }()
	time.Sleep(5 * time.Millisecond)
	near.Close()
	_, errFar := far.Read(make([]byte, 1))
	return check.All(check.Equal("reader", check.Name(<-woken), "closed"), check.Equal("other side", errFar, io.EOF))
}

func addresses() error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	defer near.Close()
	defer far.Close()
	l, err := net.Listen("unix", root+"/named")
	if err != nil {
		return err
	}
	c, err := net.Dial("unix", root+"/named")
	if err != nil {
		return err
	}
	defer c.Close()
	_, errStat := os.Stat(root + "/named")
	l.Close() // removes the name
	_, errGone := os.Stat(root + "/named")
	resolved, err := net.ResolveTCPAddr("tcp4", "127.0.0.1:80")
	return check.All(err, errStat, check.Equal("tcp", near.LocalAddr().String(), far.RemoteAddr().String()),
		check.Equal("tcp", near.RemoteAddr().String(), far.LocalAddr().String()),
		check.Equal("unix", c.RemoteAddr().String(), root+"/named"),
		check.Equal("resolved", resolved.String(), "127.0.0.1:80"),
		check.Equal("name removed", errors.Is(errGone, os.ErrNotExist), true))
}

func options() error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	defer near.Close()
	defer far.Close()
	err = check.All(near.SetNoDelay(false), near.SetNoDelay(true), near.SetKeepAlive(true),
		near.SetReadBuffer(1<<16), near.SetWriteBuffer(1<<16), near.SetLinger(-1))
	raw, errRaw := near.SyscallConn()
	if err := check.All(err, errRaw); err != nil {
		return err
	}
	var noDelay, kind, pending, alive int
	var errs [4]error
	err = raw.Control(func(fd uintptr) {
		noDelay, errs[0] = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
		kind, errs[1] = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TYPE)
		pending, errs[2] = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
		alive, errs[3] = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
	})
	return check.All(err, errors.Join(errs[:]...), check.Equal("no delay", noDelay != 0, true),
		check.Equal("type", kind, syscall.SOCK_STREAM), check.Equal("error", pending, 0),
		check.Equal("keep alive", alive != 0, true))
}
