package main

import (
	"bufio"
	"errors"
	"fmt"
	"guests/internal/check"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// self starts this program again in the given part.
func self(part string, args ...string) *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return exec.Command(path, append([]string{part}, args...)...)
}

func number(args []string) int {
	n, _ := strconv.Atoi(args[0])
	return n
}

// child plays one part and ends the process.
func child(part string, args []string) {
	switch part {
	case "exit":
		os.Exit(number(args))
	case "print":
		fmt.Println(strings.Join(args, " "))
		fmt.Fprintln(os.Stderr, "and an error")
	case "cat":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			os.Exit(1)
		}
	case "upper":
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(strings.ToUpper(lines.Text()))
		}
	case "environment":
		all := os.Environ()
		slices.Sort(all)
		fmt.Println(strings.Join(all, ","))
	case "where":
		os.Unsetenv("PWD")
		where, err := os.Getwd()
		fmt.Println(where, check.Name(err))
	case "extra":
		for fd := range 2 {
			f := os.NewFile(uintptr(3+fd), "extra")
			text, err := io.ReadAll(f)
			fmt.Printf("%d: %s %s\n", 3+fd, text, check.Name(err))
		}
	case "open":
		// Names the descriptors that are open; the runtime's own come after the first few.
		_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(number(args)), syscall.F_GETFD, 0)
		fmt.Println(errno == 0)
	case "endless":
		for err := error(nil); err == nil; {
			_, err = fmt.Println("more")
		}
		os.Exit(9) // not reached: a broken standard output ends a program by signal
	case "kill":
		syscall.Kill(os.Getpid(), syscall.Signal(number(args)))
		time.Sleep(time.Minute)
	case "wait":
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "announce":
		fmt.Println(os.Getpid())
		time.Sleep(time.Minute)
	case "tree":
		tree(number(args))
	case "run":
		c := exec.Command(args[0], args[1:]...)
		c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
		err := c.Run()
		if c.ProcessState == nil {
			fmt.Println(check.Name(err))
			os.Exit(1)
		}
		os.Exit(c.ProcessState.ExitCode())
	case "handle":
		handle(args)
	case "ignore":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin) // until the parent closes it
		fmt.Println("survived", signal.Ignored(syscall.SIGTERM), signal.Ignored(syscall.SIGUSR1))
	case "ignored":
		fmt.Println(signal.Ignored(syscall.SIGHUP))
	case "childless":
		_, err := syscall.Wait4(-1, nil, 0, nil)
		fmt.Println(check.Name(err))
	case "orphaner":
		orphan := self("orphan", strconv.Itoa(os.Getpid()))
		orphan.Stdout = os.Stdout
		if err := orphan.Start(); err != nil {
			fmt.Println(err)
		}
		os.Exit(0) // without waiting
	case "orphan":
		for os.Getppid() == number(args) {
			time.Sleep(time.Millisecond)
		}
		fmt.Println("adopted")
	case "exec":
		execSelf()
	case "executed":
		fmt.Println("same process:", number(args) == os.Getpid(), strings.Join(args[1:], " "))
	case "script":
		fmt.Println("script:", filepath.Base(args[0]), args[1:])
	case "limit":
		limit()
	case "session":
		fmt.Println(syscall.Getpgrp() == os.Getpid())
	case "spin":
		for begin := time.Now(); time.Since(begin) < 50*time.Millisecond; {
		}
	}
	os.Exit(0)
}

// tree starts children that start children, and waits for none of them.
func tree(depth int) {
	if depth > 0 {
		for range 2 {
			c := self("tree", strconv.Itoa(depth-1))
			c.Stdout = os.Stdout
			if err := c.Start(); err != nil {
				fmt.Println(err)
			}
		}
	}
	fmt.Println("here")
	time.Sleep(time.Minute)
}

// handle prints each signal of the given numbers as it comes, and ends with status 42 at the terminating one.
func handle(args []string) {
	arrived := make(chan os.Signal, 16)
	for i := range args {
		signal.Notify(arrived, syscall.Signal(number(args[i:])))
	}
	fmt.Println("ready")
	for s := range arrived {
		fmt.Println("got", s == syscall.SIGUSR1, s == syscall.SIGINT, s == syscall.SIGTERM)
		if s == syscall.SIGTERM {
			os.Exit(42)
		}
	}
}

// execSelf replaces the program while other threads of it run.
func execSelf() {
	var running sync.WaitGroup
	for range 8 {
		running.Add(1)
		go func() {
			running.Done()
			for {
				time.Sleep(time.Microsecond)
			}
		}()
	}
	running.Wait()
	path, _ := os.Executable()
	err := syscall.Exec(path, []string{path, "executed", strconv.Itoa(os.Getpid()), "with", "arguments"}, nil)
	fmt.Println(err)
}

func limit() {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		fmt.Println(err)
	}
	files.Cur = 40
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		fmt.Println(err)
	}
	var opened []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			fmt.Println(errors.Is(err, syscall.EMFILE), len(opened) < 40)
			break
		}
		opened = append(opened, f)
	}
}
