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
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func duplicate(fd, as int) error { return syscall.Dup2(fd, as) }
func closeNumber(fd int)         { syscall.Close(fd) }

func closeOnExec(fd int) error {
	syscall.CloseOnExec(fd)
	return nil
}

// started is a child that has printed "ready", and what it prints after that.
type started struct {
	*exec.Cmd
	out *bufio.Reader
}

func start(c *exec.Cmd) (started, error) {
	pipe, err := c.StdoutPipe()
	if err != nil {
		return started{}, err
	}
	if err := c.Start(); err != nil {
		return started{}, err
	}
	out := bufio.NewReader(pipe)
	line, err := out.ReadString('\n')
	return started{c, out}, check.All(err, check.Equal("line", line, "ready\n"))
}

// endSignal is the signal that ended the command whose Run or Wait gave err.
func endSignal(err error) (syscall.Signal, bool) {
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return 0, false
	}
	wait := ended.Sys().(syscall.WaitStatus)
	return wait.Signal(), wait.Signaled()
}

func endedBySignal() error {
	for _, want := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		got, ok := endSignal(self("kill", fmt.Sprint(int(want))).Run())
		if !ok || got != want {
			return fmt.Errorf("ended by %v, %t, want %v", got, ok, want)
		}
		fmt.Println("ended by:", got)
	}
	// A Go program answers SIGQUIT by a stack dump and status 2.
	c := self("kill", fmt.Sprint(int(syscall.SIGQUIT)))
	c.Stderr = io.Discard
	return check.Equal("status", status(c), 2)
}

func brokenPipe() error {
	c := self("endless")
	pipe, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	_, errRead := io.ReadFull(pipe, make([]byte, 10))
	pipe.Close()
	got, ok := endSignal(c.Wait())
	return check.All(errRead, check.Equal("signalled", ok, true), check.Equal("signal", got, syscall.SIGPIPE))
}

func signalsToOneself() error {
	arrived := make(chan os.Signal, 8)
	all := []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGWINCH, syscall.SIGALRM, syscall.SIGIO, syscall.SIGTSTP, syscall.SIGTTOU}
	for _, s := range all {
		signal.Notify(arrived, s)
	}
	defer signal.Stop(arrived)
	for range 20 {
		for _, s := range all {
			if err := syscall.Kill(os.Getpid(), s); err != nil {
				return err
			}
			select {
			case got := <-arrived:
				if got != s {
					return fmt.Errorf("sent %v, got %v", s, got)
				}
			case <-time.After(30 * time.Second):
				return fmt.Errorf("%v never came", s)
			}
		}
	}
	return check.All(check.Fails("signal number 200", syscall.Kill(os.Getpid(), 200), syscall.EINVAL),
		syscall.Kill(os.Getpid(), 0))
}

func signalsToChild() error {
	c, err := start(self("handle", fmt.Sprint(int(syscall.SIGUSR1)), fmt.Sprint(int(syscall.SIGINT)),
		fmt.Sprint(int(syscall.SIGTERM))))
	if err != nil {
		return err
	}
	for _, s := range []os.Signal{syscall.SIGUSR1, os.Interrupt, syscall.SIGUSR1, syscall.SIGTERM} {
		if err := c.Process.Signal(s); err != nil {
			return err
		}
		line, err := c.out.ReadString('\n')
		if err != nil {
			return err
		}
		fmt.Print(line)
	}
	var ended *exec.ExitError
	err = c.Wait()
	return check.All(check.Equal("ended", errors.As(err, &ended), true),
		check.Equal("status", c.ProcessState.ExitCode(), 42))
}

func ignoredSignals() error {
	c := self("ignore")
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	s, err := start(c)
	if err != nil {
		return err
	}
	err = check.All(s.Process.Signal(syscall.SIGTERM), s.Process.Signal(syscall.SIGHUP), in.Close())
	rest, errRest := io.ReadAll(s.out)
	if err := check.All(err, errRest, s.Wait(), check.Equal("rest", string(rest), "survived true false\n")); err != nil {
		return err
	}
	// What is ignored stays ignored through exec.
	signal.Ignore(syscall.SIGHUP)
	inherited, err := self("ignored").Output()
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, syscall.SIGHUP) // what is handled has its default action again after exec
	defer signal.Stop(arrived)
	fresh, errFresh := self("ignored").Output()
	return check.All(err, errFresh, check.Equal("inherited", string(inherited), "true\n"),
		check.Equal("handled", string(fresh), "false\n"))
}

func childSignal() error {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, syscall.SIGCHLD)
	defer signal.Stop(arrived)
	if err := self("exit", "0").Run(); err != nil {
		return err
	}
	select {
	case <-arrived:
		return nil
	case <-time.After(30 * time.Second):
		return errors.New("no SIGCHLD")
	}
}

func stopAndContinue() error {
	c, err := start(self("wait"))
	if err != nil {
		return err
	}
	pid := c.Process.Pid
	wait := func(options int) (syscall.WaitStatus, error) {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(pid, &status, options, nil)
		if err == nil && got != pid {
			err = fmt.Errorf("wait gave %d", got)
		}
		return status, err
	}
	err1 := syscall.Kill(pid, syscall.SIGSTOP)
	stopped, err2 := wait(syscall.WUNTRACED)
	err3 := syscall.Kill(pid, syscall.SIGCONT)
	_, err4 := wait(syscall.WCONTINUED)
	err5 := syscall.Kill(pid, syscall.SIGKILL)
	killed, err6 := wait(0)
	c.Process.Release()
	// Not by the methods of WaitStatus: on the BSDs they take a SIGSTOP for a continuation.
	return check.All(err1, err2, err3, err4, err5, err6, check.Equal("stopped", stopped&0xff, 0x7f),
		check.Equal("by", syscall.Signal(stopped>>8), syscall.SIGSTOP), check.Equal("killed", killed.Signaled(), true), check.Equal("by", killed.Signal(), syscall.SIGKILL))
}

func processGroups() error {
	leader := self("wait")
	leader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	first, err := start(leader)
	if err != nil {
		return err
	}
	group := first.Process.Pid
	member := self("wait")
	member.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group}
	second, err := start(member)
	if err != nil {
		return err
	}
	one, err1 := syscall.Getpgid(group)
	two, err2 := syscall.Getpgid(second.Process.Pid)
	if err := check.All(err1, err2, check.Equal("group", one, group), check.Equal("group", two, group),
		syscall.Kill(-group, syscall.SIGTERM)); err != nil {
		return err
	}
	by1, ok1 := endSignal(first.Wait())
	by2, ok2 := endSignal(second.Wait())
	return check.All(check.Equal("both signalled", ok1 && ok2, true), check.Equal("first", by1, syscall.SIGTERM),
		check.Equal("second", by2, syscall.SIGTERM),
		check.Fails("empty group", syscall.Kill(-group, syscall.SIGTERM), syscall.ESRCH))
}

func sessions() error {
	c := self("session")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	got, err := c.Output()
	return check.All(err, check.Equal("leads its group", string(got), "true\n"))
}

func zombies() error {
	c := self("exit", "3")
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, syscall.SIGCHLD)
	defer signal.Stop(arrived)
	if err := c.Start(); err != nil {
		return err
	}
	pid := c.Process.Pid
	<-arrived
	before := syscall.Kill(pid, 0) // a dead child still has its number
	c.Wait()
	return check.All(before, check.Equal("status", c.ProcessState.ExitCode(), 3),
		check.Fails("after the wait", syscall.Kill(pid, 0), syscall.ESRCH))
}

func noChildren() error {
	got, err := self("childless").Output()
	return check.All(err, check.Equal("wait", string(got), "ECHILD\n"))
}

func orphans() error {
	got, err := self("orphaner").Output()
	return check.All(err, check.Equal("output", string(got), "adopted\n"))
}

// signalStorm sends signals from many goroutines while others make system calls that may be interrupted.
func signalStorm() error {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, syscall.SIGUSR2)
	defer signal.Stop(arrived)
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	defer w.Close()
	var stop atomic.Bool
	done := make(chan error, 5)
	for range 4 {
		go func() {
			for !stop.Load() {
				if err := syscall.Kill(os.Getpid(), syscall.SIGUSR2); err != nil {
					done <- err
					return
				}
				runtime.Gosched()
			}
			done <- nil
		}()
	}
	go func() {
		for !stop.Load() {
			select {
			case <-arrived:
			case <-time.After(time.Millisecond):
			}
		}
		done <- nil
	}()
	var failure error
	block := []byte(strings.Repeat("storm", 100))
	got := make([]byte, len(block))
	for range 2000 {
		if _, err := w.Write(block); err != nil {
			failure = err
			break
		}
		if _, err := io.ReadFull(r, got); err != nil || string(got) != string(block) {
			failure = fmt.Errorf("read: %v", err)
			break
		}
	}
	for range 10 {
		if failure == nil {
			failure = check.Equal("status", status(self("exit", "5")), 5)
		}
	}
	stop.Store(true)
	for range 5 {
		failure = check.All(failure, <-done)
	}
	return failure
}

// users changes the effective user as root, again and again while other threads make calls, and looks from another
// thread whether each change holds for the whole process.
func users() error {
	if os.Geteuid() != 0 {
		return check.Fails("setuid", syscall.Setuid(0), syscall.EPERM)
	}
	var stop atomic.Bool
	var busy sync.WaitGroup
	for range 8 {
		busy.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for !stop.Load() {
				syscall.Getpid()
				time.Sleep(time.Millisecond)
			}
		})
	}
	defer busy.Wait()
	defer stop.Store(true)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range 10 {
		for _, user := range []int{65534, 0} {
			if err := syscall.Setreuid(-1, user); err != nil {
				return err
			}
			elsewhere := make(chan int)
			go func() {
				runtime.LockOSThread()
				elsewhere <- syscall.Geteuid()
				runtime.UnlockOSThread()
			}()
			if err := check.Equal("user on another thread", <-elsewhere, user); err != nil {
				return err
			}
		}
	}
	return nil
}
