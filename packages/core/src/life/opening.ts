// The next step in the opening of a stream.

/** The next step: a flag that we send, the peer's acknowledgement, or the accept by our application. */
export const Opening = {
  /** No step is left. */
  done: 0,
  /** We send SYN. */
  syn: 1,
  /** We send SYN later, because too many other streams are not acknowledged. */
  held: 2,
  /** We send ACK: the application has accepted the stream, on a wire with acknowledgements. */
  ack: 3,
  /** The peer sends ACK. */
  awaited: 4,
  /** Our application accepts the stream. */
  unaccepted: 5,
} as const;

/** A value of {@link Opening}. */
export type Opening = (typeof Opening)[keyof typeof Opening];
