// The books of one case: what has been said about each stream in either direction, in frames that were really
// exchanged, whatever either player meant to say.

/** What was said about one stream. "In" is what the session has heard, "out" what it has said. */
export class StreamAccount {
  readonly id: number;
  /** SYNs that came. */
  synIn = 0;
  synOut = false;
  finIn = false;
  finOut = false;
  /** The code of the first RST that came. */
  resetIn: number | undefined;
  resetOut = false;
  /** How many resets had gone out before it. */
  resetsBefore = 0;
  acknowledged = false;
  /** DATA with a body or SYN has come, which a session may have to answer. */
  dataIn = false;
  /** Credit that came. */
  granted = 0;
  /** Credit that left. */
  given = 0;
  /** Bytes of bodies that left. */
  sent = 0;
  /** Bytes of bodies that came. */
  received = 0;
  /** The bodies that came before FIN. */
  readonly bodies: Uint8Array[] = [];
  /** Its id has been used twice, or frames came before it existed: what it must be is not known. */
  isUnclear = false;
  /** Whether what the application writes is known, byte by byte. */
  isTidy = true;
  /** Whether it is known which read comes first. */
  readsInOrder = true;
  /** The peer has ended it, or its own direction, as far as it means to know. */
  peerFinished = false;
  /** Bytes that the peer means to have sent. */
  peerSent = 0;

  constructor(id: number) {
    this.id = id;
  }
}

/** The accounts of one session. */
export class Accounts {
  /** 1 if the session opens odd ids, 0 if even ones. */
  readonly localParity: number;
  readonly #byId: Map<number, StreamAccount> = new Map();
  /** Streams that either side has opened, in that order. */
  readonly known: StreamAccount[] = [];
  /** The highest id with which the peer has opened a stream. */
  highestIn = 0;
  /** The highest id of a SYN that left. */
  highestOut = 0;
  /** The lowest last id of the GOAWAYs that came; undefined if none did. */
  goAwayIn: number | undefined;
  /** The last id of the latest GOAWAY that left. */
  goAwayOut: number | undefined;
  /** Values of pings that came and were not answered. */
  readonly pingsIn: number[] = [];
  /** Values of pings that left and were not answered. */
  readonly pingsOut: number[] = [];
  /** The input was not valid. */
  isInvalid = false;
  /** Frames that came. */
  framesIn = 0;

  constructor(localParity: number) {
    this.localParity = localParity;
  }

  of(streamId: number): StreamAccount {
    let account = this.#byId.get(streamId);
    if (account === undefined) {
      account = new StreamAccount(streamId);
      this.#byId.set(streamId, account);
    }
    return account;
  }

  /** Whether it is the session that opens streams with this id. */
  isLocal(streamId: number): boolean {
    return (streamId & 1) === this.localParity;
  }
}
