package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"guests/internal/check"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// with runs f against a server of its own.
func with(start func() (*server, error), f func(*server) error) error {
	s, err := start()
	if err != nil {
		return err
	}
	defer s.close()
	return f(s)
}

func plain() error {
	return with(startPlain, func(s *server) error {
		body, err := get(s.client(), s.base+"/hello/world")
		_, errAbsent := get(s.client(), s.base+"/absent")
		answer, errMethod := http.Post(s.base+"/hello/world", "text/plain", strings.NewReader("x"))
		if err := check.All(err, errMethod); err != nil {
			return err
		}
		defer answer.Body.Close()
		fmt.Println("absent:", errAbsent)
		return check.All(check.Equal("body", body, "hello, world"),
			check.Equal("status of a wrong method", answer.StatusCode, http.StatusMethodNotAllowed))
	})
}

func keepAlive() error {
	return with(startPlain, func(s *server) error {
		client := s.client()
		for i := range 200 {
			body, err := get(client, fmt.Sprintf("%s/hello/%d", s.base, i))
			if err := check.All(err, check.Equal("body", body, fmt.Sprintf("hello, %d", i))); err != nil {
				return err
			}
		}
		return check.Equal("connections", s.accepted.Load(), 1)
	})
}

func compressed() error {
	return with(startPlain, func(s *server) error {
		body, err := get(s.client(), s.base+"/gzip")
		fmt.Printf("inflated: %d %x\n", len(body), sha256.Sum256([]byte(body)))
		return check.All(err, check.Equal("lines", strings.Count(body, "\n"), 20_000))
	})
}

func largeBodies() error {
	return with(startPlain, func(s *server) error {
		sent := bytes.Repeat([]byte("a large body, "), 1<<20)
		answer, err := http.Post(s.base+"/digest", "application/octet-stream", bytes.NewReader(sent))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		digest, err := io.ReadAll(answer.Body)
		fmt.Printf("sent: %s\n", digest)
		received, errGet := get(s.client(), s.base+"/bytes")
		return check.All(err, errGet, check.Equal("received", len(received), 16<<20),
			check.Equal("digest", string(digest), fmt.Sprintf("%d %x", len(sent), sha256.Sum256(sent))))
	})
}

func secure() error {
	return with(startSecure, func(s *server) error {
		body, err := get(s.client(), s.base+"/hello/secret")
		large, errLarge := get(s.client(), s.base+"/bytes")
		return check.All(err, errLarge, check.Equal("body", body, "hello, secret"),
			check.Equal("received", len(large), 16<<20))
	})
}

func secondVersion() error {
	return with(startSecure, func(s *server) error {
		client := s.client()
		client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
		answer, err := client.Get(s.base + "/hello/two")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		return check.All(err, check.Equal("body", string(body), "hello, two"),
			check.Equal("protocol", answer.Header.Get("X-Protocol"), "HTTP/2.0"))
	})
}

func untrusted() error {
	return with(startSecure, func(s *server) error {
		s.pool = x509.NewCertPool() // trusts nobody
		_, err := get(s.client(), s.base+"/hello/nobody")
		var unknown x509.UnknownAuthorityError
		return check.Equal("refused", errors.As(err, &unknown), true)
	})
}

func many(s *server, clients, requests int) error {
	shared := s.client()
	var workers sync.WaitGroup
	var answers atomic.Int64
	failures := make(chan error, clients)
	for i := range clients {
		workers.Go(func() {
			for j := range requests {
				name := fmt.Sprintf("%d-%d", i, j)
				body, err := get(shared, s.base+"/hello/"+name)
				if err := check.All(err, check.Equal("body", body, "hello, "+name)); err != nil {
					failures <- err
					return
				}
				answers.Add(1)
			}
		})
	}
	workers.Wait()
	close(failures)
	return check.All(<-failures, check.Equal("answers", answers.Load(), int64(clients*requests)))
}

func parallel() error {
	return with(startPlain, func(s *server) error { return many(s, 32, 50) })
}

func parallelSecure() error {
	return with(startSecure, func(s *server) error { return many(s, 16, 25) })
}

func streaming() error {
	return with(startPlain, func(s *server) error {
		answer, err := s.client().Get(s.base + "/stream")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		count := 0
		for ; lines.Scan(); count++ {
			if err := check.Equal("line", lines.Text(), fmt.Sprintf("piece %d", count)); err != nil {
				return err
			}
		}
		return check.All(lines.Err(), check.Equal("lines", count, 10))
	})
}

func cancelled() error {
	return with(startPlain, func(s *server) error {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(10*time.Millisecond, cancel)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/forever", nil)
		if err != nil {
			return err
		}
		_, err = s.client().Do(request)
		return check.Fails("request", err, context.Canceled)
	})
}

func timeOut() error {
	return with(startPlain, func(s *server) error {
		client := s.client()
		client.Timeout = 20 * time.Millisecond
		_, err := client.Get(s.base + "/forever")
		var late net.Error
		return check.Equal("time-out", errors.As(err, &late) && late.Timeout(), true)
	})
}

func overLocalSocket() error {
	folder, err := os.MkdirTemp("/tmp", "http-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	name := filepath.Join(folder, "socket")
	l, err := net.Listen("unix", name)
	if err != nil {
		return err
	}
	s := newServer()
	defer s.close()
	go s.http.Serve(l)
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", name)
		},
	}}
	body, err := get(client, "http://guest/hello/local")
	return check.All(err, check.Equal("body", body, "hello, local"))
}

// shutdown lets the request under way finish and takes no other.
func shutdown() error {
	return with(startPlain, func(s *server) error {
		type result struct {
			body string
			err  error
		}
		underway := make(chan result)
		go func() {
			body, err := get(s.client(), s.base+"/slow")
			underway <- result{body, err}
		}()
		for s.slow.Load() == 0 { // a request that has come but not begun would be dropped
			time.Sleep(time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		err := s.http.Shutdown(ctx)
		finished := <-underway
		_, errLate := get(s.client(), s.base+"/hello/late")
		return check.All(err, finished.err, check.Equal("body", finished.body, "slow but whole"),
			check.Equal("late request", check.Name(errLate), "ECONNREFUSED"))
	})
}
