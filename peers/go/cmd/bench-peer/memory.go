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
	// Twice, because the second collection frees what the first one finalizes. FreeOSMemory returns the rest to the
	// system.
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	// The stacks of goroutines count, because JavaScript holds the same state in closures on its heap.
	return memoryUse{Heap: stats.HeapAlloc + stats.StackInuse, RSS: memory.Resident()}
}
