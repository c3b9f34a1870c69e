// A worker: a session over what its parent has given it, and one job after the other. Others wait unread, and hold up
// nobody but who sends them.

import { createHmac } from "node:crypto";
import { Socket } from "node:net";
import { attach } from "@muxado/node";
import { TypedSession } from "@muxado/typed";
import { type Carrier, KEY, PIPE, REPORT, SEAL } from "./protocol.ts";

const [name, carrier] = process.argv.slice(2) as [string, Carrier];
const transport =
  carrier === "pipe"
    ? new Socket({ fd: PIPE })
    : { readable: process.stdin, writable: process.stdout };
const session = new TypedSession(attach(transport, { role: "server" }));

// Asked to leave: what we have is finished, and what comes now is refused. That is safe to be done elsewhere.
process.once("SIGTERM", () => {
  session.goAway();
  void session.close();
});

const key = await introduce().catch(() => process.exit()); // the parent is done already

/** Reports in, and asks for the key: so it stands neither in the environment nor on a command line. */
async function introduce(): Promise<Uint8Array> {
  const report = session.open({ type: REPORT });
  await report.write(Buffer.from(`${name}, process ${process.pid}, over ${carrier}`));
  await report.close();
  const stream = session.open({ type: KEY });
  await stream.closeWrite();
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

for await (const stream of session) {
  if (stream.type !== SEAL) {
    stream.refuse();
    continue;
  }
  try {
    const seal = createHmac("sha256", key);
    for await (const chunk of stream) seal.update(chunk);
    await stream.write(Buffer.from(seal.digest("hex")));
    await stream.closeWrite();
  } catch {
    stream.reset(); // harmless if it is the stream that has failed: the parent has lost interest
  }
}
