// A TCP connection in the form that the library needs: events and `send`, and nothing else of libp2p.

/** Logs nothing. */
function log() {}
Object.assign(log, { trace: log, error: log, enabled: false, newScope: () => log });

export class Transport extends EventTarget {
  log = log;
  /** The library uses the dialer as yamux's client. */
  direction;
  #socket;

  constructor(socket, role) {
    super();
    this.direction = role === "client" ? "outbound" : "inbound";
    this.#socket = socket
      .on("data", (data) => this.dispatchEvent(new MessageEvent("message", { data })))
      .on("drain", () => this.dispatchEvent(new Event("drain")))
      .on("error", log)
      // As in libp2p's TCP, the end of the other direction ends the connection.
      .on("end", () => socket.end())
      .on("close", () => this.dispatchEvent(new Event("close")));
  }

  /** @returns whether the caller may send more before the next `drain` */
  send(data) {
    if (!this.#socket.writable) return false;
    return this.#socket.write(data.subarray());
  }

  /** Half-closes, once everything is sent. */
  close() {
    this.#socket.end();
  }

  abort() {
    this.#socket.destroy();
  }
}
