package main

import (
	"fmt"
	"net"
)

// The host's interfaces with all that the net package tells of them: the same lines whatever system they are asked of.
func interfaces() error {
	all, err := net.Interfaces()
	if err != nil {
		return err
	}
	loopback := false
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil {
			return fmt.Errorf("%s: %w", i.Name, err)
		}
		groups, err := i.MulticastAddrs()
		if err != nil {
			return fmt.Errorf("%s: %w", i.Name, err)
		}
		// Neighbour discovery joins and leaves groups of its own at any time.
		fmt.Println(i.Index, i.Name, i.MTU, i.HardwareAddr, i.Flags, addresses, len(groups) > 0)
		loopback = loopback || i.Flags&net.FlagLoopback != 0 && len(addresses) > 0
		again, err := net.InterfaceByIndex(i.Index)
		if err != nil || again.Name != i.Name {
			return fmt.Errorf("%s by its index: %v, %v", i.Name, again, err)
		}
	}
	if !loopback {
		return fmt.Errorf("no loopback among %d", len(all))
	}
	return nil
}
