// The numbers that both peers must agree on: sizes, identifiers and windows.
// Types, flags and codes have files of their own; local policy (backlogs, timers) stands elsewhere.
// Spec §3, §4.4, §5.1, §6.1.

/** Bytes of the header that begins every frame (spec §3.1). */
export const HEADER_LENGTH = 8;

/** Largest body a frame can declare, in bytes: what 24 bits hold (spec §3.1). */
export const MAX_BODY_LENGTH = 0xffffff;

/**
 * Largest stream identifier. Identifiers have 31 bits; the 32nd is always zero on the wire (spec
 * §5.1).
 */
export const MAX_STREAM_ID = 0x7fffffff;

/**
 * Largest increment one WNDINC can carry, in bytes, and the most that a send window may ever hold
 * (spec §4.3, §6.4).
 */
export const MAX_INCREMENT = 0x7fffffff;

/**
 * Credit that each direction of each stream starts with, in bytes: 256 KiB. Both peers assume it
 * and nothing negotiates it, so every receiver must be able to absorb it (spec §6.1).
 */
export const INITIAL_WINDOW = 262144;

/**
 * Identifier of the first stream a client opens. Clients use odd numbers.
 * Id 1 is valid, but no known client sends it, so neither do we (spec §5.1).
 */
export const FIRST_CLIENT_STREAM_ID = 3;

/** Identifier of the first stream a server opens. Servers use even numbers (spec §5.1). */
export const FIRST_SERVER_STREAM_ID = 2;

/**
 * Most debug data a sender should put into a GOAWAY, in bytes. One known peer chokes on a great
 * deal more (spec §4.4).
 */
export const MAX_DEBUG_LENGTH_SENT = 1024;

/**
 * Most debug data a receiver keeps of a GOAWAY, in bytes. The rest is read and forgotten (spec
 * §4.4).
 */
export const MAX_DEBUG_LENGTH_KEPT = 65536;
