package main

import (
	"fmt"
	"guests/internal/check"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func rename() error {
	write := func(name, text string) error { return os.WriteFile(in(name), []byte(text), 0o600) }
	if err := check.All(write("a", "A"), write("b", "B"), os.Mkdir(in("d"), 0o700), os.Mkdir(in("full"), 0o700),
		write("full/x", "X")); err != nil {
		return err
	}
	err := check.All(os.Rename(in("a"), in("b")), os.Rename(in("b"), in("d", "c")), os.Rename(in("d"), in("e")))
	text, errRead := os.ReadFile(in("e", "c"))
	_, errGone := os.Lstat(in("a"))
	return check.All(err, errRead, check.Equal("content", string(text), "A"),
		check.Fails("old name", errGone, os.ErrNotExist),
		check.Fails("absent", os.Rename(in("absent"), in("z")), os.ErrNotExist),
		check.Fails("onto a full directory", os.Rename(in("e"), in("full")), os.ErrExist),
		check.Fails("into itself", os.Rename(in("e"), in("e", "f")), syscall.EINVAL),
		check.Equal("file onto a directory refused", os.Rename(in("e", "c"), in("full")) != nil, true))
}

func hardLinks() error {
	if err := os.WriteFile(in("first"), []byte("linked"), 0o600); err != nil {
		return err
	}
	if err := os.Link(in("first"), in("second")); err != nil {
		return err
	}
	one, err1 := os.Stat(in("first"))
	two, err2 := os.Stat(in("second"))
	if err := check.All(err1, err2); err != nil {
		return err
	}
	links := func() uint64 {
		info, err := os.Stat(in("second"))
		if err != nil {
			return 0
		}
		return uint64(info.Sys().(*syscall.Stat_t).Nlink)
	}
	return check.All(check.Equal("same file", os.SameFile(one, two), true), check.Equal("links", links(), 2),
		check.Fails("again", os.Link(in("first"), in("second")), os.ErrExist),
		check.Fails("absent", os.Link(in("absent"), in("third")), os.ErrNotExist),
		check.Fails("directory", os.Link(root, in("third")), syscall.EPERM),
		os.Remove(in("first")), check.Equal("links", links(), 1))
}

func symbolicLinks() error {
	if err := check.All(os.Symlink("second", in("link")), os.Symlink("absent", in("dangling")),
		os.Symlink("loop", in("loop")), os.Symlink(".", in("here"))); err != nil {
		return err
	}
	target, err := os.Readlink(in("link"))
	info, errStat := os.Lstat(in("link"))
	text, errRead := os.ReadFile(in("here", "here", "link"))
	if err := check.All(err, errStat, errRead); err != nil {
		return err
	}
	_, errDangling := os.Stat(in("dangling"))
	_, errLoop := os.Stat(in("loop"))
	_, errNotLink := os.Readlink(in("second"))
	resolved, errResolve := filepath.EvalSymlinks(in("here", "link"))
	realRoot, errRoot := filepath.EvalSymlinks(root)
	return check.All(errResolve, errRoot, check.Equal("target", target, "second"),
		check.Equal("size", info.Size(), 6), check.Equal("type", info.Mode().Type(), fs.ModeSymlink),
		check.Equal("content", string(text), "linked"), check.Fails("dangling", errDangling, os.ErrNotExist),
		check.Fails("loop", errLoop, syscall.ELOOP), check.Fails("not a link", errNotLink, syscall.EINVAL),
		check.Equal("resolved", resolved, filepath.Join(realRoot, "second")))
}

func directories() error {
	if err := check.All(os.MkdirAll(in("tree", "left", "leaf"), 0o755), os.Mkdir(in("tree", "right"), 0o755),
		os.WriteFile(in("tree", "file"), nil, 0o644), os.Symlink("file", in("tree", "symlink"))); err != nil {
		return err
	}
	entries, err := os.ReadDir(in("tree"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		fmt.Println("entry:", e.Name(), e.Type())
	}
	f, err := os.Open(in("tree"))
	if err != nil {
		return err
	}
	defer f.Close()
	names := []string{}
	for {
		some, err := f.Readdirnames(1)
		if err != nil {
			break
		}
		names = append(names, some...)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	again, err := f.Readdirnames(-1)
	_, errRead := f.Read(make([]byte, 10))
	_, errAbsent := os.ReadDir(in("absent"))
	return check.All(err, check.Equal("names", len(names), 4), check.Equal("again", len(again), 4),
		check.Equal("read of a directory refused", errRead != nil, true),
		check.Fails("mkdir again", os.Mkdir(in("tree"), 0o755), os.ErrExist),
		check.Fails("rmdir of a full one", syscall.Rmdir(in("tree")), syscall.ENOTEMPTY),
		check.Fails("rmdir of a file", syscall.Rmdir(in("tree", "file")), syscall.ENOTDIR),
		check.Fails("absent", errAbsent, os.ErrNotExist), syscall.Rmdir(in("tree", "right")))
}

func bigDirectory() error {
	if err := os.Mkdir(in("many"), 0o755); err != nil {
		return err
	}
	const count = 1000
	for i := range count {
		// Names of many lengths, so that records end at every offset of the buffer.
		name := fmt.Sprintf("%04d%s", i, strings.Repeat("x", i%200))
		if err := os.WriteFile(in("many", name), nil, 0o600); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(in("many"))
	if err != nil {
		return err
	}
	for i, e := range entries {
		if want := fmt.Sprintf("%04d%s", i, strings.Repeat("x", i%200)); e.Name() != want {
			return fmt.Errorf("entry %d is %q", i, e.Name())
		}
	}
	return check.All(check.Equal("entries", len(entries), count), os.RemoveAll(in("many")))
}

func walk() error {
	seen := []string{}
	err := filepath.WalkDir(in("tree"), func(path string, d fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(root, path)
		seen = append(seen, relative)
		return err
	})
	fmt.Println("walk:", strings.Join(seen, " "))
	found, errGlob := filepath.Glob(in("tree", "*e*"))
	return check.All(err, errGlob, check.Equal("sorted", slices.IsSorted(seen), true),
		check.Equal("matches", len(found), 2))
}

func workingDirectory() error {
	before, err := os.Getwd()
	if err != nil {
		return err
	}
	defer os.Chdir(before)
	if err := os.Chdir(in("tree")); err != nil {
		return err
	}
	os.Unsetenv("PWD") // else Getwd believes it when it is right
	here, err := os.Getwd()
	want, errWant := filepath.EvalSymlinks(in("tree"))
	_, errStat := os.Stat("file")
	d, errOpen := os.Open("left")
	if err := check.All(err, errWant, errStat, errOpen); err != nil {
		return err
	}
	defer d.Close()
	errChdir := d.Chdir()
	deeper, err := os.Getwd()
	return check.All(errChdir, err, check.Equal("working directory", here, want),
		check.Equal("after fchdir", deeper, filepath.Join(want, "left")),
		check.Fails("chdir to a file", os.Chdir(in("tree", "file")), syscall.ENOTDIR),
		check.Fails("chdir to nothing", os.Chdir(in("absent")), os.ErrNotExist))
}

func temporaryFiles() error {
	names := map[string]bool{}
	for range 50 {
		f, err := os.CreateTemp(root, "temp-*.txt")
		if err != nil {
			return err
		}
		names[f.Name()] = true
		if err := check.All(os.Remove(f.Name()), func() error { _, err := f.WriteString("unlinked"); return err }(),
			f.Close()); err != nil {
			return err
		}
	}
	return check.Equal("different names", len(names), 50)
}

func rooted() error {
	r, err := os.OpenRoot(in("tree"))
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := r.Create("left/made")
	if err != nil {
		return err
	}
	defer f.Close()
	_, errEscape := r.Open("../text")
	_, errStat := r.Stat("left/made")
	return check.All(errStat, check.Equal("escape refused", errEscape != nil, true), r.Remove("left/made"))
}

func removal() error {
	if err := os.WriteFile(in("open"), []byte("still here"), 0o600); err != nil {
		return err
	}
	f, err := os.Open(in("open"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.Remove(in("open")); err != nil {
		return err
	}
	text := make([]byte, 10)
	_, err = f.Read(text)
	if err := check.All(err, check.Equal("content", string(text), "still here"), os.RemoveAll(root)); err != nil {
		return err
	}
	_, err = os.Stat(root)
	return check.All(check.Fails("after removal", err, os.ErrNotExist), os.RemoveAll(root))
}
