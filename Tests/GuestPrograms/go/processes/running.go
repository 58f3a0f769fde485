package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"guests/internal/check"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// status is the exit status that running c ended with, or -1.
func status(c *exec.Cmd) int {
	err := c.Run()
	var ended *exec.ExitError
	if err == nil {
		return 0
	} else if errors.As(err, &ended) {
		return ended.ExitCode()
	}
	return -1
}

func exitStatuses() error {
	for _, want := range []int{0, 1, 7, 127, 255} {
		if err := check.Equal("status", status(self("exit", fmt.Sprint(want))), want); err != nil {
			return err
		}
	}
	return nil
}

func output() error {
	c := self("print", "some", "words")
	both, err := c.CombinedOutput()
	alone, errAlone := self("print", "to one").Output()
	return check.All(err, errAlone, check.Equal("both", string(both), "some words\nand an error\n"),
		check.Equal("output alone", string(alone), "to one\n"))
}

func input() error {
	sent := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
	c := self("cat")
	c.Stdin = bytes.NewReader(sent)
	got, err := c.Output()
	fmt.Printf("digest: %x\n", sha256.Sum256(got))
	empty, errEmpty := self("cat").Output() // reads the null device
	return check.All(err, errEmpty, check.Equal("same", bytes.Equal(sent, got), true),
		check.Equal("nothing", len(empty), 0))
}

func environment() error {
	c := self("environment")
	c.Env = []string{"B=two", "A=one", "EMPTY=", "C=with spaces and =", "A=later"}
	got, err := c.Output()
	return check.All(err, check.Equal("environment", string(got), "A=later,B=two,C=with spaces and =,EMPTY=\n"))
}

func workingDirectory() error {
	folder, err := os.MkdirTemp("", "where-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	c := self("where")
	c.Dir = folder
	got, err := c.Output()
	want, errWant := filepath.EvalSymlinks(folder)
	absent := self("where")
	absent.Dir = filepath.Join(folder, "absent")
	return check.All(err, errWant, check.Equal("folder", string(got), want+" none\n"),
		check.Fails("absent", absent.Run(), os.ErrNotExist))
}

func extraFiles() error {
	var readers, writers [2]*os.File
	for i := range readers {
		var err error
		if readers[i], writers[i], err = os.Pipe(); err != nil {
			return err
		}
		fmt.Fprintf(writers[i], "by pipe %d", i)
		writers[i].Close()
		defer readers[i].Close()
	}
	c := self("extra")
	c.ExtraFiles = []*os.File{readers[1], readers[0]}
	got, err := c.Output()
	return check.All(err, check.Equal("read", string(got), "3: by pipe 1 none\n4: by pipe 0 none\n"))
}

func inheritance() error {
	// A number far above those that the child's own runtime opens.
	const high = 200
	f, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := duplicate(int(f.Fd()), high); err != nil {
		return err
	}
	defer closeNumber(high)
	kept, err1 := self("open", fmt.Sprint(high)).Output()
	if err := closeOnExec(high); err != nil {
		return err
	}
	closed, err2 := self("open", fmt.Sprint(high)).Output()
	return check.All(err1, err2, check.Equal("kept", string(kept), "true\n"),
		check.Equal("closed", string(closed), "false\n"))
}

func pipeline() error {
	first, second, third := self("print", "through", "three"), self("upper"), self("cat")
	var err1, err2 error
	second.Stdin, err1 = first.StdoutPipe()
	third.Stdin, err2 = second.StdoutPipe()
	var got strings.Builder
	third.Stdout = &got
	return check.All(err1, err2, third.Start(), second.Start(), first.Run(), second.Wait(), third.Wait(),
		func() error { return check.Equal("output", got.String(), "THROUGH THREE\n") }())
}

func execInPlace() error {
	got, err := self("exec").Output()
	return check.All(err, check.Equal("output", string(got), "same process: true with arguments\n"))
}

func scripts() error {
	folder, err := os.MkdirTemp("", "scripts-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path, err := os.Executable()
	if err != nil {
		return err
	}
	// The kernel hands a script line's one argument over whole, if it is short; so a link makes the path short.
	link := filepath.Join(folder, "self")
	name := filepath.Join(folder, "run-me")
	if err := check.All(os.Symlink(path, link),
		os.WriteFile(name, []byte("#! "+link+" script\nthis is never read\n"), 0o755)); err != nil {
		return err
	}
	got, err := exec.Command(name, "x", "y").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %s", err, got)
	}
	fmt.Print(string(got))
	return nil
}

func unstartable() error {
	folder, err := os.MkdirTemp("", "unstartable-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			fmt.Println(err)
		}
		return path
	}
	for _, path := range []string{
		filepath.Join(folder, "absent"), write("plain", "plain", 0o644), write("text", "only words", 0o755),
		write("script", "#!/absent/interpreter\n", 0o755), write("empty", "", 0o755), folder,
	} {
		err := exec.Command(path).Run()
		if err == nil {
			return fmt.Errorf("%s started", path)
		}
		fmt.Printf("can't start: %s: %s\n", filepath.Base(path)[:4], check.Name(err))
	}
	return nil
}

func contextTimeOut() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	path, err := os.Executable()
	if err != nil {
		return err
	}
	begin := time.Now()
	c := exec.CommandContext(ctx, path, "wait")
	// The time runs from the start: a context that is over before it is an error of another kind.
	if err := c.Start(); err != nil {
		return err
	}
	time.AfterFunc(50*time.Millisecond, cancel)
	err = c.Wait()
	var ended *exec.ExitError
	return check.All(check.Equal("ended by force", errors.As(err, &ended), true),
		check.Equal("soon", time.Since(begin) < 50*time.Second, true))
}

func usage() error {
	c := self("spin")
	if err := c.Run(); err != nil {
		return err
	}
	state := c.ProcessState
	return check.All(check.Equal("spent", state.UserTime()+state.SystemTime() >= 5*time.Millisecond, true),
		check.Equal("success", state.Success(), true), check.Equal("pid", state.Pid() == c.Process.Pid, true))
}

func descriptorLimit() error {
	got, err := self("limit").Output()
	return check.All(err, check.Equal("output", string(got), "true true\n"))
}

func manyChildren() error {
	var all sync.WaitGroup
	failures := make(chan error, 64)
	for i := range 64 {
		all.Go(func() {
			c := self("cat")
			text := fmt.Sprintf("child %d", i)
			c.Stdin = io.MultiReader(strings.NewReader(text), strings.NewReader("."))
			got, err := c.Output()
			end := self("exit", fmt.Sprint(i))
			ended := end.Run()
			if err := check.All(err, check.Equal("output", string(got), text+"."),
				check.Equal(fmt.Sprintf("end (%v)", ended), end.ProcessState.String(), fmt.Sprintf("exit status %d", i))); err != nil {
				failures <- err
			}
		})
	}
	all.Wait()
	close(failures)
	return <-failures
}
