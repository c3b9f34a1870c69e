// What of a stream's opening is still to come.

/** A flag of ours for its first frame, the peer's acknowledgement, or our application's acceptance. */
export const Opening = {
  /** Nothing. */
  done: 0,
  /** Our SYN. */
  syn: 1,
  /** Our SYN, which has to wait: too many other streams are not acknowledged. */
  held: 2,
  /** Our ACK: the application has accepted it, on a wire that tells the peer so. */
  ack: 3,
  /** The peer's ACK. */
  awaited: 4,
  /** That the application accepts it. */
  unaccepted: 5,
} as const;

/** A value of {@link Opening}. */
export type Opening = (typeof Opening)[keyof typeof Opening];
