// Files and directories: what the file system calls do, and the errors they give.
package main

import (
	"fmt"
	"guests/internal/check"
	"os"
)

// root is a fresh folder that every part works in.
var root string

func main() {
	var err error
	if root, err = os.MkdirTemp("", "files-*"); err != nil {
		fmt.Println("no folder to work in:", err)
		os.Exit(1)
	}
	check.Part("create, write, read", createWriteRead)
	check.Part("seek, append, positions", positions)
	check.Part("open flags", openFlags)
	check.Part("truncation and holes", truncation)
	check.Part("stat", stat)
	check.Part("times", times)
	check.Part("modes and umask", modes)
	check.Part("rename", rename)
	check.Part("hard links", hardLinks)
	check.Part("symbolic links", symbolicLinks)
	check.Part("directories", directories)
	check.Part("a directory of 1000 entries", bigDirectory)
	check.Part("walk", walk)
	check.Part("working directory", workingDirectory)
	check.Part("temporary files", temporaryFiles)
	check.Part("mapped files", mappedFiles)
	check.Part("errors", fileErrors)
	check.Part("permissions", permissions)
	check.Part("locks", locks)
	check.Part("named pipe", namedPipe)
	check.Part("copy of 8 MiB", bigCopy)
	check.Part("many goroutines", manyFiles)
	check.Part("rooted access", rooted)
	check.Part("removal", removal)
	check.Done()
}
