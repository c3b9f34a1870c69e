// Our streams with reads into one view that each reader uses for all of its reads. All else is as in muxado-promises.

import { relay, type Session, type Stream } from "@muxado/core";
import {
  BulkReader,
  bulkReply,
  type EchoPayload,
  EchoReader,
  MessageReader,
  replyTo,
} from "../payload.ts";
import type { Face } from "./face.ts";
import { PromiseConnection, promises, writeAll } from "./muxado-promises.ts";

/** About what one read of a socket brings. */
const VIEW_LENGTH = 64 * 1024;

export const into: Face = {
  handlers: {
    async open(stream) {
      const message = new MessageReader();
      await readAll(stream, new Uint8Array(256), (bytes) => message.add(bytes));
      await stream.write(replyTo(message.end()));
      await stream.close();
    },

    async bulk(stream) {
      const bulk = new BulkReader();
      await readAll(stream, new Uint8Array(VIEW_LENGTH), (bytes) => bulk.add(bytes));
      await stream.write(bulkReply(bulk.length));
      await stream.close();
    },

    async echo(stream) {
      const view = new Uint8Array(VIEW_LENGTH);
      await readAll(stream, view, (bytes) => stream.write(bytes));
      await stream.close();
    },
  },

  use: (session) => new IntoConnection(session),
};

/** The same behind a relay that joins streams in one call. */
export const relayed: Face = {
  handlers: { ...promises.handlers, ...into.handlers },
  use: into.use,
  join: async (inward, outward) => void (await relay(inward, outward)),
};

class IntoConnection extends PromiseConnection {
  constructor(session: Session) {
    super(session, () => {});
  }

  override async echo(payload: EchoPayload): Promise<void> {
    const stream = this.session.open();
    const sent = writeAll(stream, payload);
    const echo = new EchoReader(payload);
    await readAll(stream, new Uint8Array(VIEW_LENGTH), (bytes) => echo.add(bytes));
    echo.end();
    await sent;
  }
}

/** Reads to the end. `use` may return a promise; the view is used again after it. */
async function readAll(
  stream: Stream,
  view: Uint8Array,
  use: (bytes: Uint8Array) => unknown,
): Promise<void> {
  for (;;) {
    const count = await stream.readInto(view);
    if (count === null) return;
    const using = use(view.subarray(0, count));
    if (using instanceof Promise) await using;
  }
}
