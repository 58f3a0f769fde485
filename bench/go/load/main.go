// load is an HTTP server and its clients in one program, over loopback. It prints the nanoseconds a request takes,
// wall clock over all requests.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

func main() {
	requests := flag.Int("requests", 5000, "requests in all")
	clients := flag.Int("clients", 8, "connections that are kept busy")
	size := flag.Int("size", 1024, "bytes of an answer")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	body := strings.Repeat("x", *size)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, body)
	}))
	transport := &http.Transport{MaxIdleConnsPerHost: *clients}
	client := &http.Client{Transport: transport}
	url := "http://" + listener.Addr().String() + "/"

	var group sync.WaitGroup
	begin := time.Now()
	for range *clients {
		group.Add(1)
		go func() {
			defer group.Done()
			for range *requests / *clients {
				answer, err := client.Get(url)
				check(err)
				got, err := io.Copy(io.Discard, answer.Body)
				check(err)
				answer.Body.Close()
				if got != int64(*size) {
					check(fmt.Errorf("%d bytes instead of %d", got, *size))
				}
			}
		}()
	}
	group.Wait()
	fmt.Println(time.Since(begin).Nanoseconds() / int64(*requests))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
