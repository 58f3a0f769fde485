package main

import (
	"bytes"
	"errors"
	"guests/internal/check"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

func addressOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// lockedThreads keeps 32 threads alive at once, each with a goroutine of its own.
func lockedThreads() error {
	const threads = 32
	var ready, done sync.WaitGroup
	ready.Add(threads)
	start := make(chan struct{})
	var sum atomic.Int64
	for i := range threads {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			<-start
			for range 100 {
				sum.Add(int64(i))
				runtime.Gosched()
			}
			time.Sleep(time.Millisecond)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return check.Equal("sum", sum.Load(), 100*threads*(threads-1)/2)
}

// endedThreads makes threads that end: a goroutine that returns while locked takes its thread along.
func endedThreads() error {
	var done sync.WaitGroup
	for range 100 {
		done.Go(func() { runtime.LockOSThread() })
	}
	done.Wait()
	return nil
}

// profile lets the interval timer's signals rain on a busy program.
func profile() error {
	var out bytes.Buffer
	if err := pprof.StartCPUProfile(&out); err != nil {
		return err
	}
	for begin := time.Now(); time.Since(begin) < 300*time.Millisecond; {
		series(10_000)
	}
	pprof.StopCPUProfile()
	if out.Len() == 0 {
		return errors.New("an empty profile")
	}
	return nil
}
