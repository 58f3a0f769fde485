package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"guests/internal/check"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// sieve prints the 300th prime, found by a chain of 300 goroutines.
func sieve() error {
	numbers := make(chan int)
	stop := make(chan struct{})
	defer close(stop)
	send := func(to chan<- int, n int) bool {
		select {
		case to <- n:
			return true
		case <-stop:
			return false
		}
	}
	go func() {
		for n := 2; send(numbers, n); n++ {
		}
	}()
	prime, source := 0, numbers
	for range 300 {
		prime = <-source
		filtered := make(chan int)
		go func(from <-chan int, to chan<- int, prime int) {
			for {
				select {
				case n := <-from:
					if n%prime != 0 && !send(to, n) {
						return
					}
				case <-stop:
					return
				}
			}
		}(source, filtered, prime)
		source = filtered
	}
	fmt.Println("300th prime:", prime)
	return check.Equal("prime", prime, 1987)
}

//go:noinline
func spin(until *atomic.Bool, n *uint64) {
	// No call and no allocation: only a signal can take the processor away.
	for !until.Load() {
		*n++
	}
}

// preemption starts more busy loops than there are processors and still gets its own work done.
func preemption() error {
	const loops = 6
	var stop atomic.Bool
	var done sync.WaitGroup
	counts := make([]uint64, loops*8)
	for i := range loops {
		done.Go(func() { spin(&stop, &counts[i*8]) })
	}
	turns := 0
	for range 5 {
		time.Sleep(time.Millisecond)
		runtime.GC() // stops the world, which needs every loop to give way
		turns++
	}
	stop.Store(true)
	done.Wait()
	return check.Equal("turns", turns, 5)
}

//go:noinline
func series(n int) float64 {
	a, b, c, d := 0.0, 0.0, 0.0, 0.0
	for i := 1; i <= n; i += 4 {
		a += 1 / float64(i)
		b += math.Sqrt(float64(i + 1))
		c += 1 / float64(i+2)
		d += math.Sqrt(float64(i + 3))
	}
	return a*d + b*c
}

// vectors computes the same numbers and digests again and again while the collector interrupts.
func vectors() error {
	want := series(200_000)
	text := make([]byte, 64<<10)
	for i := range text {
		text[i] = byte(i * 7)
	}
	digest := sha256.Sum256(text)
	var stop atomic.Bool
	var collector sync.WaitGroup
	collector.Go(func() {
		for !stop.Load() {
			runtime.GC()
		}
	})
	var wrong atomic.Int64
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 40 {
				if series(200_000) != want || sha256.Sum256(text) != digest {
					wrong.Add(1)
				}
			}
		})
	}
	workers.Wait()
	stop.Store(true)
	collector.Wait()
	fmt.Printf("digest: %x\n", digest[:8])
	return check.Equal("wrong results", wrong.Load(), 0)
}

func tickers() error {
	var counters sync.WaitGroup
	var total atomic.Int64
	for i := range 16 {
		counters.Go(func() {
			ticker := time.NewTicker(time.Duration(1+i%4) * time.Millisecond)
			defer ticker.Stop()
			for range 20 {
				<-ticker.C
				total.Add(1)
			}
		})
	}
	counters.Wait()
	return check.Equal("ticks", total.Load(), 320)
}

func timers() error {
	const step = 20 * time.Millisecond
	begin := time.Now()
	early := make(chan bool, 5)
	for _, n := range []time.Duration{4, 2, 0, 3, 1} {
		time.AfterFunc(n*step, func() { early <- time.Since(begin) < n*step })
	}
	for range 5 {
		if <-early {
			return errors.New("a timer fired before it was due")
		}
	}
	stopped := time.AfterFunc(time.Hour, func() {})
	return check.Equal("stop", stopped.Stop(), true)
}

func contexts() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	var waiting sync.WaitGroup
	var late atomic.Int64
	for range 32 {
		waiting.Go(func() {
			<-ctx.Done()
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				late.Add(1)
			}
		})
	}
	waiting.Wait()
	return check.Equal("deadlines met", late.Load(), 32)
}

func mutexes() error {
	var lock sync.RWMutex
	shared := map[int]int{}
	var workers sync.WaitGroup
	for i := range 32 {
		workers.Go(func() {
			for j := range 500 {
				lock.Lock()
				shared[j%100]++
				lock.Unlock()
				lock.RLock()
				_ = shared[i]
				lock.RUnlock()
			}
		})
	}
	workers.Wait()
	sum := 0
	for _, n := range shared {
		sum += n
	}

	var guard sync.Mutex
	turn := sync.NewCond(&guard)
	next, rounds := 0, 0
	var players sync.WaitGroup
	for i := range 8 {
		players.Go(func() {
			for range 50 {
				guard.Lock()
				for next != i {
					turn.Wait()
				}
				next = (next + 1) % 8
				rounds++
				guard.Unlock()
				turn.Broadcast()
			}
		})
	}
	players.Wait()
	return check.All(check.Equal("sum", sum, 16000), check.Equal("rounds", rounds, 400))
}
