package main

import (
	"fmt"
	"guests/internal/check"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

func trees() error {
	var total atomic.Int64
	var workers sync.WaitGroup
	for range 64 {
		workers.Go(func() {
			for range 16 {
				total.Add(int64(grow(12).count()))
			}
		})
	}
	workers.Wait()
	fmt.Println("nodes:", total.Load())
	return check.Equal("nodes", total.Load(), 64*16*8191)
}

func collection() error {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	kept := make([][]byte, 256)
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 2000 {
				block := make([]byte, 1<<(i%14))
				block[len(block)-1] = byte(i)
				kept[w*32+i%32] = block
			}
		})
	}
	workers.Wait()
	for i := range kept {
		// The last round of each worker wrote the numbers 1968...1999.
		n := 1968 + (i%32-1968%32+32)%32
		if last := kept[i][len(kept[i])-1]; last != byte(n) {
			return fmt.Errorf("block %d ends in %d, want %d", i, last, byte(n))
		}
	}
	runtime.GC()
	debug.FreeOSMemory()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	return check.Equal("collections happened", after.NumGC > 5, true)
}

func finalizers() error {
	var ended atomic.Int64
	const objects = 100
	func() {
		for range objects {
			runtime.SetFinalizer(&struct{ pad [64]byte }{}, func(any) { ended.Add(1) })
		}
	}()
	for begin := time.Now(); ended.Load() < objects && time.Since(begin) < 20*time.Second; {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	return check.Equal("finalizers", ended.Load(), objects)
}

//go:noinline
func deep(n int) int {
	var pad [128]byte
	pad[n%128] = 1
	if n == 0 {
		return int(pad[0])
	}
	return deep(n-1) + int(pad[n%128])
}

func stackGrowth() error {
	var workers sync.WaitGroup
	var wrong atomic.Int64
	for range 16 {
		workers.Go(func() {
			if deep(20_000) != 20_001 {
				wrong.Add(1)
			}
		})
	}
	workers.Wait()
	return check.Equal("wrong depths", wrong.Load(), 0)
}
