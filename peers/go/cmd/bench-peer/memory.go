// Memory that the process has in use.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

type memory struct {
	Heap uint64 `json:"heap"`
	RSS  uint64 `json:"rss"`
}

func memoryInUse() memory {
	// Twice: what the first one finalizes is freed by the second. The rest goes back to the system.
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	// A goroutine's stack is what a closure on the heap is in JavaScript.
	return memory{Heap: stats.HeapAlloc + stats.StackInuse, RSS: resident()}
}

// resident is in bytes; 0 where the system has no /proc.
func resident() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages uint64
	_, err = fmt.Sscan(string(text), &size, &pages)
	check(err)
	return pages * uint64(os.Getpagesize())
}
