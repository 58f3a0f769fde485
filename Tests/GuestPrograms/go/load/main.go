// Command load is an HTTP server and the client that loads it: many connections at once, kept open all the time.
//
//	load server                      prints its address and process number, serves until its input ends
//	load client ADDRESS N SECONDS    prints how many requests N connections made, and how many failed
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var body = bytes.Repeat([]byte("0123456789abcdef"), 64)

func server() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr(), os.Getpid())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("X-Length", strconv.Itoa(len(sent)))
		w.Write(body)
	}))
}

func request(client *http.Client, url string) error {
	answer, err := client.Post(url, "application/octet-stream", bytes.NewReader(body[:100]))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, body) || answer.Header.Get("X-Length") != "100" {
		return fmt.Errorf("wrong answer: %d bytes", len(got))
	}
	return nil
}

func client(address string, connections, seconds int) error {
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	var done, failed atomic.Int64
	var first sync.Once
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			for time.Now().Before(end) {
				if err := request(client, "http://"+address+"/"); err != nil {
					failed.Add(1)
					first.Do(func() { fmt.Fprintln(os.Stderr, err) })
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	fmt.Println(done.Load(), failed.Load())
	return nil
}

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "server":
		err = server()
	case len(os.Args) == 5 && os.Args[1] == "client":
		connections, _ := strconv.Atoi(os.Args[3])
		seconds, _ := strconv.Atoi(os.Args[4])
		err = client(os.Args[2], connections, seconds)
	default:
		err = fmt.Errorf("usage: load server | load client ADDRESS CONNECTIONS SECONDS")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
