// A WebSocket without a connection, which looks like one of `ws`. A test decides what its `send` does and which events
// it has.

import type { WebSocketEvent, WebSocketLike } from "@muxado/ws";

type WebSocketEventType = "open" | "message" | "error" | "close";

/** The way in which `send` treats its callback. */
export type FakeSend = (done: (() => void) | undefined) => void;

export class FakeWebSocket implements WebSocketLike {
  binaryType = "";
  bufferedAmount = 0;
  readonly protocol: string = "muxado";
  readyState: number;
  /** The transport recognises a socket of `ws` by this. */
  on: unknown = () => {};
  readonly #send: FakeSend;
  readonly #listeners: Set<readonly [string, (event: WebSocketEvent) => void]> = new Set();

  constructor(options: { send?: FakeSend; readyState?: number }) {
    this.#send = options.send ?? ((done) => done?.());
    this.readyState = options.readyState ?? 1;
  }

  send(_data: never, done?: () => void): void {
    this.#send(done);
  }

  /** The peer answers at once. */
  close(code = 1005, reason = ""): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    queueMicrotask(() => this.tell("close", { code, reason }));
  }

  addEventListener(type: WebSocketEventType, listener: (event: WebSocketEvent) => void): void {
    this.#listeners.add([type, listener]);
  }

  removeEventListener(type: WebSocketEventType, listener: (event: WebSocketEvent) => void): void {
    for (const entry of this.#listeners) {
      if (entry[0] === type && entry[1] === listener) this.#listeners.delete(entry);
    }
  }

  /** Calls the listeners to an event. */
  tell(type: WebSocketEventType, event: Omit<WebSocketEvent, "type">): void {
    if (type === "close") this.readyState = 3;
    for (const [name, listener] of [...this.#listeners]) {
      if (name === type) listener({ type, ...event });
    }
  }
}
