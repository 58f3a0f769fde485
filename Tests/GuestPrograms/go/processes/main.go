// Processes: starting them, what they inherit, how they end and who is told; signals among them.
//
// The program starts itself again; the first argument then says which part the child plays (children.go).
package main

import (
	"guests/internal/check"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		child(os.Args[1], os.Args[2:])
	}
	check.Part("exit statuses", exitStatuses)
	check.Part("output", output)
	check.Part("input of 1 MiB", input)
	check.Part("environment", environment)
	check.Part("working directory", workingDirectory)
	check.Part("extra files", extraFiles)
	check.Part("descriptors are not inherited", inheritance)
	check.Part("pipeline", pipeline)
	check.Part("broken pipe", brokenPipe)
	check.Part("ended by a signal", endedBySignal)
	check.Part("signals to oneself", signalsToOneself)
	check.Part("signals to a child", signalsToChild)
	check.Part("ignored signals", ignoredSignals)
	check.Part("child signal", childSignal)
	check.Part("stop and continue", stopAndContinue)
	check.Part("process groups", processGroups)
	check.Part("sessions", sessions)
	check.Part("zombies", zombies)
	check.Part("no children", noChildren)
	check.Part("orphans", orphans)
	check.Part("exec in place", execInPlace)
	check.Part("scripts", scripts)
	check.Part("what can't be started", unstartable)
	check.Part("context time-out", contextTimeOut)
	check.Part("usage", usage)
	check.Part("descriptor limit", descriptorLimit)
	check.Part("64 children at once", manyChildren)
	check.Part("storm of signals", signalStorm)
	check.Part("users", users)
	check.Done()
}
