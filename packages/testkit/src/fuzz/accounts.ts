// The accounts of one case: the frames about each stream that were really exchanged, in both directions, whatever
// either player meant to send.

/** The frames about one stream. "In" is what the session has received, "out" is what it has sent. */
export class StreamAccount {
  readonly id: number;
  /** SYNs that arrived. */
  synIn = 0;
  synOut = false;
  finIn = false;
  finOut = false;
  /** The code of the first RST that arrived. */
  resetIn: number | undefined;
  resetOut = false;
  /** How many resets had been sent before the stream. */
  resetsBefore = 0;
  acknowledged = false;
  /** True if DATA with a body or SYN has arrived, which a session may have to answer. */
  dataIn = false;
  /** Credit that arrived. */
  granted = 0;
  /** Credit that left. */
  given = 0;
  /** Bytes of bodies that left. */
  sent = 0;
  /** Bytes of bodies that arrived. */
  received = 0;
  /** The bodies that arrived before FIN. */
  readonly bodies: Uint8Array[] = [];
  /** True if the id has been used twice, or frames came before the stream existed: its correct state is not known. */
  isUnclear = false;
  /** Whether the bytes that the application writes are known, byte by byte. */
  isTidy = true;
  /** Whether it is known which read comes first. */
  readsInOrder = true;
  /** True if the peer has ended the stream or its own direction, as far as it means to. */
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
  /** The highest id of a stream that the peer has opened. */
  highestIn = 0;
  /** The highest id of a SYN that left. */
  highestOut = 0;
  /** The lowest last id of the GOAWAYs that arrived; undefined if none did. */
  goAwayIn: number | undefined;
  /** The last id of the latest GOAWAY that left. */
  goAwayOut: number | undefined;
  /** Values of pings that arrived and were not answered. */
  readonly pingsIn: number[] = [];
  /** Values of pings that left and were not answered. */
  readonly pingsOut: number[] = [];
  /** True if the input was not valid. */
  isInvalid = false;
  /** Frames that arrived. */
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

  /** Whether the session opens streams with this id. */
  isLocal(streamId: number): boolean {
    return (streamId & 1) === this.localParity;
  }
}
