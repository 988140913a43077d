// An agent's way to the API, as K3s' own balancer goes: to the address that the server tells of itself, and to the one that the
// agent was given only while that does not answer. Connections by one that is not gone by any more are closed.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const usage = "balancer LISTEN TOLD GIVEN"

const patience = 2 * time.Second

// way is an address, with the connections that go there.
type way struct {
	address string
	mutex   sync.Mutex
	open    map[net.Conn]bool
}

func newWay(address string) *way { return &way{address: address, open: map[net.Conn]bool{}} }

func (w *way) dial() (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", w.address, patience)
	if err == nil {
		w.mutex.Lock()
		w.open[conn] = true
		w.mutex.Unlock()
	}
	return conn, err
}

func (w *way) forget(conn net.Conn) {
	w.mutex.Lock()
	delete(w.open, conn)
	w.mutex.Unlock()
	conn.Close()
}

func (w *way) close() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for conn := range w.open {
		conn.Close()
	}
}

// answers looks as far as TLS, so that the server does not complain of who says nothing.
func (w *way) answers() bool {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", w.address, &tls.Config{InsecureSkipVerify: true})
	if err == nil {
		conn.Close()
	}
	return err == nil
}

func serve(client net.Conn, ways ...*way) {
	defer client.Close()
	for _, one := range ways {
		server, err := one.dial()
		if err != nil {
			continue
		}
		// Whichever side ends first ends both.
		go func() {
			io.Copy(server, client)
			server.Close()
		}()
		io.Copy(client, server)
		one.forget(server)
		return
	}
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	told, given := newWay(os.Args[2]), newWay(os.Args[3])
	go func() {
		for ; ; time.Sleep(time.Second) {
			if told.answers() {
				given.close()
			} else {
				told.close()
			}
		}
	}()
	for {
		client, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		go serve(client, told, given)
	}
}
