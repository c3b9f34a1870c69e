// Sends a text on a stream, and prints the answer.

import { connect } from "@muxado/node";

const session = await connect({ port: 7007 });
const stream = session.open();
await stream.write(new TextEncoder().encode("Hello, muxado!"));
await stream.closeWrite();
console.log(await new Response(stream.readable).text());
await session.close();
