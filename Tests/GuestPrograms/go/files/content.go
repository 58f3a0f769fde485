package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"guests/internal/check"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

func in(names ...string) string { return filepath.Join(append([]string{root}, names...)...) }

func createWriteRead() error {
	f, err := os.Create(in("text"))
	if err != nil {
		return err
	}
	n, err := f.WriteString("one\ntwo\nthree\n")
	if err := check.All(err, check.Equal("written", n, 14), f.Sync(), f.Close()); err != nil {
		return err
	}
	back, err := os.ReadFile(in("text"))
	_, again := f.Write([]byte("x"))
	return check.All(err, check.Equal("content", string(back), "one\ntwo\nthree\n"),
		check.Fails("write after close", again, os.ErrClosed))
}

func positions() error {
	f, err := os.OpenFile(in("text"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	from := func(whence int, offset, want int64) error {
		got, err := f.Seek(offset, whence)
		return check.All(err, check.Equal("position", got, want))
	}
	word := make([]byte, 3)
	_, errAt := f.ReadAt(word, 4)
	_, errNegative := f.Seek(-1, io.SeekStart)
	_, errPast := f.ReadAt(make([]byte, 10), 100)
	err = check.All(from(io.SeekEnd, 0, 14), from(io.SeekCurrent, -4, 10), from(io.SeekStart, 4, 4), errAt,
		check.Equal("word", string(word), "two"), check.Fails("negative seek", errNegative, syscall.EINVAL),
		check.Fails("read past the end", errPast, io.EOF))
	if err != nil {
		return err
	}
	if _, err := f.WriteAt([]byte("TWO"), 4); err != nil {
		return err
	}
	appended, err := os.OpenFile(in("text"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer appended.Close()
	if _, err := appended.Write([]byte("four\n")); err != nil {
		return err
	}
	back, err := os.ReadFile(in("text"))
	return check.All(err, check.Equal("content", string(back), "one\nTWO\nthree\nfour\n"))
}

func openFlags() error {
	_, errExists := os.OpenFile(in("text"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	readOnly, err := os.Open(in("text"))
	if err != nil {
		return err
	}
	defer readOnly.Close()
	_, errWrite := readOnly.Write([]byte("x"))
	writeOnly, err := os.OpenFile(in("other"), os.O_WRONLY|os.O_CREATE|os.O_SYNC, 0o644)
	if err != nil {
		return err
	}
	defer writeOnly.Close()
	_, errRead := writeOnly.Read(make([]byte, 1))
	_, errDirectory := syscall.Open(in("text"), syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	_, errIsDirectory := os.OpenFile(root, os.O_WRONLY, 0)
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, writeOnly.Fd(), syscall.F_GETFD, 0)
	if errno != 0 {
		return errno
	}
	return check.All(check.Fails("O_EXCL", errExists, os.ErrExist), check.Fails("write", errWrite, syscall.EBADF),
		check.Fails("read", errRead, syscall.EBADF), check.Fails("O_DIRECTORY", errDirectory, syscall.ENOTDIR),
		check.Fails("write to a directory", errIsDirectory, syscall.EISDIR),
		check.Equal("close on exec", flags, syscall.FD_CLOEXEC))
}

func truncation() error {
	name := in("holes")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size := func(want int64) error {
		info, err := f.Stat()
		return check.All(err, check.Equal("size", info.Size(), want))
	}
	if _, err := f.WriteAt([]byte("end"), 1<<20); err != nil {
		return err
	}
	hole := make([]byte, 4096)
	_, errHole := f.ReadAt(hole, 1<<19)
	return check.All(size(1<<20+3), errHole, check.Equal("hole", bytes.Count(hole, []byte{0}), 4096),
		f.Truncate(10), size(10), os.Truncate(name, 1<<33), size(1<<33), f.Truncate(0), size(0),
		check.Fails("negative size", f.Truncate(-1), syscall.EINVAL),
		check.Fails("no file", os.Truncate(in("absent"), 1), os.ErrNotExist),
		check.Fails("directory", os.Truncate(root, 1), syscall.EISDIR))
}

func mappedFiles() error {
	const size = 1 << 16
	f, err := os.Create(in("mapped"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		return err
	}
	fd := int(f.Fd())
	shared, err := syscall.Mmap(fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	private, err := syscall.Mmap(fd, 4096, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		return err
	}
	copy(shared[4096:], "seen by all")
	seen := string(private[:11])
	copy(private, "kept to me ")
	if _, err := f.WriteAt([]byte("from the file"), 8192); err != nil {
		return err
	}
	back := make([]byte, 11)
	_, errBack := f.ReadAt(back, 4096)
	_, errClosed := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	return check.All(errBack, check.Equal("private before its write", seen, "seen by all"),
		check.Equal("private after it", string(private[:11]), "kept to me "),
		check.Equal("file", string(back), "seen by all"),
		check.Equal("shared", string(shared[8192:8205]), "from the file"),
		check.Equal("closed file refused", errClosed != nil, true),
		syscall.Munmap(shared), syscall.Munmap(private))
}

func bigCopy() error {
	source, err := os.Create(in("big"))
	if err != nil {
		return err
	}
	defer source.Close()
	block := make([]byte, 1<<16)
	for i := range 128 {
		for j := range block {
			block[j] = byte(i*31 + j*7 + j>>8)
		}
		if _, err := source.Write(block); err != nil {
			return err
		}
	}
	if _, err := source.Seek(0, io.SeekStart); err != nil {
		return err
	}
	target, err := os.Create(in("copy"))
	if err != nil {
		return err
	}
	defer target.Close()
	n, err := io.Copy(target, source)
	if err := check.All(err, check.Equal("copied", n, 8<<20)); err != nil {
		return err
	}
	one, err1 := os.ReadFile(in("big"))
	two, err2 := os.ReadFile(in("copy"))
	fmt.Printf("digest: %x\n", sha256.Sum256(two))
	return check.All(err1, err2, check.Equal("same", bytes.Equal(one, two), true))
}

func manyFiles() error {
	var workers sync.WaitGroup
	failures := make(chan error, 32)
	for i := range 32 {
		workers.Go(func() {
			for j := range 20 {
				name := in(fmt.Sprintf("worker-%d-%d", i, j))
				text := bytes.Repeat([]byte{byte(i), byte(j)}, 500)
				err := os.WriteFile(name, text, 0o600)
				back, errRead := os.ReadFile(name)
				if err = errors.Join(err, errRead, os.Remove(name)); err != nil || !bytes.Equal(text, back) {
					failures <- fmt.Errorf("%s: %v", name, err)
					return
				}
			}
		})
	}
	workers.Wait()
	close(failures)
	return <-failures
}
