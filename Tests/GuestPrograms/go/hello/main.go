// The smallest program: the runtime starts, prints, and ends with a status of its own.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

func main() {
	fmt.Println("hello, world")
	fmt.Println("arguments:", strings.Join(os.Args[1:], "|"))
	fmt.Println("pid and parent:", os.Getpid() > 1, os.Getppid() > 0)
	fmt.Println("processors:", runtime.NumCPU() > 0, "page:", os.Getpagesize())
	if _, err := os.Hostname(); err != nil {
		fmt.Println("host name:", err)
	}
	if path, err := os.Executable(); err != nil || !strings.HasPrefix(path, "/") {
		fmt.Println("executable:", path, err)
	}
	fmt.Fprintln(os.Stderr, "hello, error output")
	for i, arg := range os.Args {
		if arg == "--status" && i+1 < len(os.Args) {
			status := 0
			fmt.Sscan(os.Args[i+1], &status)
			os.Exit(status)
		}
	}
}
