// Package check runs the parts of a guest program and prints one line about each.
//
// What is printed must be the same bytes on every run and on every system: the oracle of these programs is the same
// source built for Linux. So errors are printed by name, never by number or by a system's own text.
package check

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"syscall"
)

var failures int

// Part runs f and prints "name: ok" or what went wrong. A panic is a failure of that part only.
func Part(name string, f func() error) {
	err := guarded(f)
	if err == nil {
		fmt.Printf("%s: ok\n", name)
		return
	}
	failures++
	fmt.Printf("%s: FAILED: %v\n", name, err)
}

// Done ends the program: status 0 when every part passed.
func Done() {
	if failures > 0 {
		fmt.Printf("%d failed\n", failures)
		os.Exit(1)
	}
	fmt.Println("all ok")
	os.Exit(0)
}

func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// Equal tells how got differs from want.
func Equal[T comparable](what string, got, want T) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s is %v, want %v", what, got, want)
}

// Fails tells when err is not the expected error.
func Fails(what string, err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return fmt.Errorf("%s gave %v, want %v", what, err, want)
}

// All returns the first error.
func All(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

var names = []struct {
	err  error
	name string
}{
	{io.EOF, "EOF"},
	{net.ErrClosed, "closed"},
	{os.ErrDeadlineExceeded, "deadline"},
	{syscall.EPERM, "EPERM"}, {syscall.ENOENT, "ENOENT"}, {syscall.ESRCH, "ESRCH"}, {syscall.EINTR, "EINTR"},
	{syscall.EBADF, "EBADF"}, {syscall.ECHILD, "ECHILD"}, {syscall.EACCES, "EACCES"}, {syscall.EEXIST, "EEXIST"},
	{syscall.EXDEV, "EXDEV"}, {syscall.ENOTDIR, "ENOTDIR"}, {syscall.EISDIR, "EISDIR"}, {syscall.EINVAL, "EINVAL"},
	{syscall.ESPIPE, "ESPIPE"}, {syscall.EPIPE, "EPIPE"}, {syscall.ENOTEMPTY, "ENOTEMPTY"}, {syscall.ELOOP, "ELOOP"},
	{syscall.ENAMETOOLONG, "ENAMETOOLONG"}, {syscall.ECONNREFUSED, "ECONNREFUSED"},
	{syscall.ECONNRESET, "ECONNRESET"}, {syscall.EADDRINUSE, "EADDRINUSE"}, {syscall.ETIMEDOUT, "ETIMEDOUT"},
	{syscall.EMSGSIZE, "EMSGSIZE"}, {syscall.ENOEXEC, "ENOEXEC"},
}

// Name is the error's name in the headers, which is the same on every system though its number is not.
func Name(err error) string {
	if err == nil {
		return "none"
	}
	for _, n := range names {
		if errors.Is(err, n.err) {
			return n.name
		}
	}
	return err.Error()
}
