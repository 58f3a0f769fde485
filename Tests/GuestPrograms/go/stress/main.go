// The runtime under load: scheduling, garbage collection, pre-emption by signal, faults turned into panics, timers,
// threads of their own.
package main

import (
	"guests/internal/check"
	"runtime"
)

func main() {
	// At least four, so that two busy loops can't stop everything on a small machine.
	runtime.GOMAXPROCS(max(4, runtime.NumCPU()))
	check.Part("sieve of channels", sieve)
	check.Part("trees in 64 goroutines", trees)
	check.Part("garbage collection beside work", collection)
	check.Part("finalizers and weak memory", finalizers)
	check.Part("stacks that grow", stackGrowth)
	check.Part("pre-emption of busy loops", preemption)
	check.Part("vector registers across pre-emption", vectors)
	check.Part("nil dereference", nilDereference)
	check.Part("divide by zero", divideByZero)
	check.Part("fault at an unmapped address", badAddress)
	check.Part("faults in 64 goroutines", manyFaults)
	check.Part("tickers", tickers)
	check.Part("timers", timers)
	check.Part("contexts and deadlines", contexts)
	check.Part("locked threads", lockedThreads)
	check.Part("threads that end", endedThreads)
	check.Part("mutexes and conditions", mutexes)
	check.Part("processor profile", profile)
	check.Done()
}
