// Package memory asks the system how much memory this process has.
package memory

import (
	"fmt"
	"os"
	"strings"
)

// Resident returns the memory of the process in RAM, in bytes. It returns 0 where the system does not report it.
func Resident() uint64 { return status("VmRSS:") }

// Peak returns the peak memory of the process in RAM, in bytes. It returns 0 where the system does not report it.
func Peak() uint64 { return status("VmHWM:") }

func status(field string) uint64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), field)
	var kibibytes uint64
	fmt.Sscan(rest, &kibibytes)
	return kibibytes * 1024
}
