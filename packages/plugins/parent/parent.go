// Package parent tells a plugin when the engine that started it is gone.
package parent

import (
	"context"
	"os"
	"time"
)

const look = 500 * time.Millisecond

// Watch calls end once when the process that started this one has ended, however it did: a killed engine says no goodbye.
// It returns at once, and looks until ctx is done.
func Watch(ctx context.Context, end func()) {
	parent := os.Getppid()
	go func() {
		ticker := time.NewTicker(look)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				// Orphans are given to another process.
				if os.Getppid() != parent {
					end()
					return
				}
			}
		}
	}()
}
