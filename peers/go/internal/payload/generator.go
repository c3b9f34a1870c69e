// Package payload makes bytes that every peer can make by itself.
package payload

// Generator is a linear congruential generator. Its high bytes are the payload. All peers make the same bytes.
type Generator uint32

// Fill makes the next bytes.
func (g *Generator) Fill(target []byte) {
	state := uint32(*g)
	for i := range target {
		state = state*1_664_525 + 1_013_904_223
		target[i] = byte(state >> 24)
	}
	*g = Generator(state)
}
