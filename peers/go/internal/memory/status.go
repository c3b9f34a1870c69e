// Package memory asks the system how much memory this process has.
package memory

import (
	"fmt"
	"os"
	"strings"
)

// Resident is what the process has in memory, in bytes; 0 where the system does not say.
func Resident() uint64 { return status("VmRSS:") }

// Peak is the most that the process has had in memory, in bytes; 0 where the system does not say.
func Peak() uint64 { return status("VmHWM:") }

func status(field string) uint64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), field)
	var kibibytes uint64
	fmt.Sscan(rest, &kibibytes)
	return kibibytes * 1024
}
