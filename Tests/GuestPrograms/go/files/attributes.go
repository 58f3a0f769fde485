package main

import (
	"fmt"
	"guests/internal/check"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func stat() error {
	if err := os.WriteFile(in("sized"), make([]byte, 12345), 0o640); err != nil {
		return err
	}
	info, err := os.Stat(in("sized"))
	if err != nil {
		return err
	}
	system := info.Sys().(*syscall.Stat_t)
	fmt.Println("stat:", info.Name(), info.Size(), info.Mode(), info.IsDir())
	null, errNull := os.Stat(os.DevNull)
	directory, errDirectory := os.Stat(root)
	r, w, errPipe := os.Pipe()
	if err := check.All(errNull, errDirectory, errPipe); err != nil {
		return err
	}
	defer r.Close()
	defer w.Close()
	pipe, errPipeStat := r.Stat()
	return check.All(errPipeStat, check.Equal("owner", int(system.Uid), os.Geteuid()),
		check.Equal("links", uint64(system.Nlink), 1), check.Equal("blocks", int64(system.Blocks) >= 24, true),
		check.Equal("recent", time.Since(info.ModTime()) < time.Hour, true),
		check.Equal("null", null.Mode().Type(), fs.ModeDevice|fs.ModeCharDevice),
		check.Equal("directory", directory.Mode(), fs.ModeDir|0o700),
		check.Equal("pipe", pipe.Mode().Type(), fs.ModeNamedPipe))
}

func times() error {
	name := in("sized")
	access, change := time.Unix(1_000_000_000, 123_456_789), time.Unix(2_000_000_000, 987_654_321)
	if err := os.Chtimes(name, access, change); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if err := os.Chtimes(name, time.Time{}, access); err != nil { // the zero time leaves that one as it is
		return err
	}
	again, err := os.Stat(name)
	return check.All(err, check.Equal("set", info.ModTime().UnixNano(), change.UnixNano()),
		check.Equal("set alone", again.ModTime().UnixNano(), access.UnixNano()),
		check.Fails("absent", os.Chtimes(in("absent"), access, change), os.ErrNotExist))
}

func modes() error {
	mode := func(name string) string {
		info, err := os.Stat(name)
		if err != nil {
			return check.Name(err)
		}
		return info.Mode().String()
	}
	name := in("moded")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		return err
	}
	for _, m := range []fs.FileMode{0o777, 0o444, 0o000, 0o751, 0o755 | fs.ModeSetuid} {
		if err := os.Chmod(name, m); err != nil {
			return err
		}
		fmt.Println("mode:", mode(name))
	}
	old := syscall.Umask(0o027)
	errMasked := os.WriteFile(in("masked"), nil, 0o666)
	errDirectory := os.Mkdir(in("masked.d"), 0o777)
	back := syscall.Umask(old)
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return check.All(errMasked, errDirectory, check.Equal("umask", back, 0o027),
		check.Equal("file", mode(in("masked")), "-rw-r-----"),
		check.Equal("directory", mode(in("masked.d")), "drwxr-x---"),
		f.Chmod(0o604), check.Equal("fchmod", mode(name), "-rw----r--"))
}

// fileErrors prints the error of one wrong use of each call.
func fileErrors() error {
	long := strings.Repeat("n", 256)
	show := func(what string, err error) { fmt.Printf("error: %s: %s\n", what, check.Name(err)) }
	_, err := os.Open(in("absent"))
	show("open of nothing", err)
	_, err = os.Open(in("text", "below"))
	show("open below a file", err)
	_, err = os.Open(in(long))
	show("long name", err)
	_, err = os.Open(in(strings.Repeat("d/", 2100)))
	show("long path", err)
	_, err = os.Open("")
	show("empty path", err)
	_, err = os.Lstat(in("text") + "/")
	show("slash after a file", err)
	show("mkdir below nothing", os.Mkdir(in("absent", "d"), 0o700))
	show("remove of nothing", os.Remove(in("absent")))
	show("readlink of nothing", func() error { _, err := os.Readlink(in("absent")); return err }())
	show("close of a closed number", syscall.Close(4000))
	_, err = syscall.Read(4000, make([]byte, 1))
	show("read of a closed number", err)
	_, err = syscall.Seek(4000, 0, 0)
	show("seek of a closed number", err)
	r, w, errPipe := os.Pipe()
	if errPipe != nil {
		return errPipe
	}
	_, err = syscall.Seek(int(r.Fd()), 0, 0)
	show("seek of a pipe", err)
	r.Close()
	_, err = w.Write([]byte("x"))
	show("write to a pipe nobody reads", err)
	w.Close()
	return nil
}

// permissions shows what a user without rights is refused. Root becomes one for a while, on this thread.
func permissions() error {
	if err := check.All(os.WriteFile(in("secret"), []byte("x"), 0o600), os.Chmod(in("secret"), 0o000),
		os.Mkdir(in("closed"), 0o700), os.WriteFile(in("closed", "inner"), nil, 0o600),
		os.Mkdir(in("fixed"), 0o755), os.WriteFile(in("fixed", "inner"), nil, 0o644),
		os.Chmod(in("closed"), 0o000), os.Chmod(in("fixed"), 0o555)); err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		const nobody = 65534
		if err := check.All(os.Chown(root, nobody, nobody), os.Chown(in("fixed"), nobody, nobody),
			os.Chown(in("closed"), nobody, nobody), os.Chown(in("secret"), nobody, nobody),
			syscall.Setreuid(-1, nobody)); err != nil {
			return err
		}
		defer syscall.Setreuid(-1, 0)
	}
	show := func(what string, err error) { fmt.Printf("refused: %s: %s\n", what, check.Name(err)) }
	_, err := os.Open(in("secret"))
	show("open without read right", err)
	_, err = os.OpenFile(in("secret"), os.O_WRONLY, 0)
	show("open without write right", err)
	_, err = os.Stat(in("closed", "inner"))
	show("stat in a closed directory", err)
	_, err = os.ReadDir(in("closed"))
	show("listing it", err)
	show("create in a fixed directory", os.WriteFile(in("fixed", "new"), nil, 0o600))
	show("remove from it", os.Remove(in("fixed", "inner")))
	show("rename in it", os.Rename(in("fixed", "inner"), in("fixed", "outer")))
	show("chdir", os.Chdir(in("closed")))
	show("chown to root", os.Chown(in("fixed"), 0, 0))
	return check.All(os.Chmod(in("closed"), 0o700), os.Chmod(in("fixed"), 0o755), os.Chmod(in("secret"), 0o600))
}
