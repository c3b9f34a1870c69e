// Memory that the process has in use.
package main

import (
	"runtime"
	"runtime/debug"

	"muxado.example/peers/internal/memory"
)

type memoryUse struct {
	Heap uint64 `json:"heap"`
	RSS  uint64 `json:"rss"`
}

func memoryInUse() memoryUse {
	// Twice: what the first one finalizes is freed by the second. The rest goes back to the system.
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	// A goroutine's stack is what a closure on the heap is in JavaScript.
	return memoryUse{Heap: stats.HeapAlloc + stats.StackInuse, RSS: memory.Resident()}
}
