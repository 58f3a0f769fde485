package main

import (
	"fmt"
	"guests/internal/check"
	"io"
	"os"
	"syscall"
	"time"
)

func locks() error {
	one, err := os.Create(in("lock"))
	if err != nil {
		return err
	}
	defer one.Close()
	two, err := os.Open(in("lock"))
	if err != nil {
		return err
	}
	defer two.Close()
	if err := syscall.Flock(int(one.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	errBusy := syscall.Flock(int(two.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	taken := make(chan error)
	go func() { taken <- syscall.Flock(int(two.Fd()), syscall.LOCK_SH) }()
	time.Sleep(10 * time.Millisecond)
	select {
	case <-taken:
		return fmt.Errorf("two exclusive locks at once")
	default:
	}
	errUnlock := syscall.Flock(int(one.Fd()), syscall.LOCK_UN)
	return check.All(check.Fails("flock", errBusy, syscall.EWOULDBLOCK), errUnlock, <-taken)
}

func namedPipe() error {
	if err := syscall.Mkfifo(in("fifo"), 0o600); err != nil {
		return err
	}
	// Nobody reads yet: opening to write without waiting is refused.
	_, errNobody := syscall.Open(in("fifo"), syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	sent := make(chan error)
	go func() {
		w, err := os.OpenFile(in("fifo"), os.O_WRONLY, 0) // waits for the reader
		if err == nil {
			_, err = io.WriteString(w, "through the pipe")
			w.Close()
		}
		sent <- err
	}()
	r, err := os.Open(in("fifo"))
	if err != nil {
		return err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return check.All(err, <-sent, check.Equal("text", string(text), "through the pipe"),
		check.Fails("open without a reader", errNobody, syscall.ENXIO),
		check.Fails("again", syscall.Mkfifo(in("fifo"), 0o600), os.ErrExist))
}
