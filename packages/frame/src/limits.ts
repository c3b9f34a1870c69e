// The numbers that both peers must agree on: sizes, identifiers and windows. Other files have the types, flags and
// codes. Another package has the limits that each peer chooses itself, such as backlogs and timers. Spec §3, §4.4,
// §5.1, §6.1.

/** Bytes of the header that begins every frame (spec §3.1). */
export const HEADER_LENGTH = 8;

/** The longest body that a frame can declare, in bytes: the largest number of 24 bits (spec §3.1). */
export const MAX_BODY_LENGTH = 0xffffff;

/** The largest stream identifier. Identifiers have 31 bits; the 32nd bit is always zero on the wire (spec §5.1). */
export const MAX_STREAM_ID = 0x7fffffff;

/**
 * The largest increment of one WNDINC, in bytes, and the most credit that a send window may ever have (spec §4.3,
 * §6.4).
 */
export const MAX_INCREMENT = 0x7fffffff;

/**
 * Credit that each direction of each stream starts with, in bytes: 256 KiB. Both peers assume it and do not negotiate
 * it, so every receiver must be able to hold that many bytes (spec §6.1).
 */
export const INITIAL_WINDOW = 262144;

/**
 * The identifier of the first stream that a client opens. Clients use odd numbers. Id 1 is valid, but no known client
 * sends it, so we do not send it either (spec §5.1).
 */
export const FIRST_CLIENT_STREAM_ID = 3;

/** The identifier of the first stream that a server opens. Servers use even numbers (spec §5.1). */
export const FIRST_SERVER_STREAM_ID = 2;

/**
 * The most debug data that a sender should put into a GOAWAY, in bytes. One known peer fails when it gets much more
 * (spec §4.4).
 */
export const MAX_DEBUG_LENGTH_SENT = 1024;

/** The most debug data that a receiver keeps of a GOAWAY, in bytes. It reads the rest and drops it (spec §4.4). */
export const MAX_DEBUG_LENGTH_KEPT = 65536;
