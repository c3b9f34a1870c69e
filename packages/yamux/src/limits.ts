// The numbers that both peers must agree on: sizes, identifiers and the initial window. Other files have the types,
// flags and codes, and the limits that each peer chooses itself, such as backlogs and timers. Spec §3, §5.1, §6.1.

/** Bytes of the header that begins every frame. Some frames have nothing else (spec §3.1). */
export const HEADER_LENGTH = 12;

/** Largest body that a Data frame can declare, in bytes: the largest 32-bit number (spec §3.1). */
export const MAX_BODY_LENGTH = 0xffffffff;

/** Largest stream identifier. All 32 bits count; none is reserved (spec §5.1). */
export const MAX_STREAM_ID = 0xffffffff;

/** Largest increment that one Window Update can carry, in bytes (spec §4.2). */
export const MAX_INCREMENT = 0xffffffff;

/**
 * Credit that each direction of each stream starts with, in bytes: 256 KiB. Both peers assume it. A Window Update can
 * announce a larger window; nothing can announce a smaller one (spec §6.1).
 */
export const INITIAL_WINDOW = 262144;

/** Identifier of the first stream that a client opens. Clients use odd numbers (spec §5.1). */
export const FIRST_CLIENT_STREAM_ID = 1;

/** Identifier of the first stream that a server opens. Servers use even numbers (spec §5.1). */
export const FIRST_SERVER_STREAM_ID = 2;
