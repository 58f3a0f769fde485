package main

import (
	"errors"
	"fmt"
	"guests/internal/check"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
)

type node struct {
	pad   [40]byte
	value int
}

//go:noinline
func valueOf(n *node) int { return n.value }

//go:noinline
func quotient(a, b int) int { return a / b }

// panicOf runs f and returns the run-time error that it ended with.
func panicOf(f func()) (err runtime.Error) {
	defer func() {
		if p := recover(); p != nil {
			err, _ = p.(runtime.Error)
		}
	}()
	f()
	return nil
}

func nilDereference() error {
	err := panicOf(func() { fmt.Println(valueOf(nil)) })
	fmt.Println("panic:", err)
	if err == nil {
		return errors.New("no panic")
	}
	return nil
}

func divideByZero() error {
	zero := 0
	err := panicOf(func() { fmt.Println(quotient(1, zero)) })
	fmt.Println("panic:", err)
	if err == nil {
		return errors.New("no panic")
	}
	return nil
}

// badAddress reads pages that may not be read; the run-time error must name the very address.
func badAddress() error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	pages, err := syscall.Mmap(-1, 0, 1<<16, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return err
	}
	defer syscall.Munmap(pages)
	for _, offset := range []int{0, 1, 4095, 4096, 65535} {
		fault := panicOf(func() { pages[offset]++ })
		if fault == nil {
			return fmt.Errorf("no fault at offset %d", offset)
		}
		located, ok := fault.(interface{ Addr() uintptr })
		if !ok {
			return fmt.Errorf("a fault without an address: %v", fault)
		}
		if err := check.Equal("offset", located.Addr(), addressOf(pages)+uintptr(offset)); err != nil {
			return err
		}
	}
	const readable = syscall.PROT_READ | syscall.PROT_WRITE
	_, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, addressOf(pages), uintptr(len(pages)), readable)
	if errno != 0 {
		return errno
	}
	pages[65535] = 7
	return check.Equal("byte", pages[65535], 7)
}

func manyFaults() error {
	var workers sync.WaitGroup
	var caught atomic.Int64
	for range 64 {
		workers.Go(func() {
			zero := 0
			for range 20 {
				if panicOf(func() { valueOf(nil) }) != nil {
					caught.Add(1)
				}
				if panicOf(func() { quotient(7, zero) }) != nil {
					caught.Add(1)
				}
			}
		})
	}
	workers.Wait()
	return check.Equal("caught", caught.Load(), 64*40)
}
