// A TCP connection in the form in which the library wants one: events and `send`, nothing of libp2p besides.

/** Logs nothing. */
function log() {}
Object.assign(log, { trace: log, error: log, enabled: false, newScope: () => log });

export class Transport extends EventTarget {
  log = log;
  /** The library takes the dialer for yamux's client. */
  direction;
  #socket;

  constructor(socket, role) {
    super();
    this.direction = role === "client" ? "outbound" : "inbound";
    this.#socket = socket
      .on("data", (data) => this.dispatchEvent(new MessageEvent("message", { data })))
      .on("drain", () => this.dispatchEvent(new Event("drain")))
      .on("error", log)
      // As libp2p's TCP does: the end of the other direction is the end.
      .on("end", () => socket.end())
      .on("close", () => this.dispatchEvent(new Event("close")));
  }

  /** @returns whether more should be sent before the next `drain` */
  send(data) {
    if (!this.#socket.writable) return false;
    return this.#socket.write(data.subarray());
  }

  /** Ends its own direction, once everything is sent. */
  close() {
    this.#socket.end();
  }

  abort() {
    this.#socket.destroy();
  }
}
