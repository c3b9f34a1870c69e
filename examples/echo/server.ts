// Sends back all bytes on every stream of every client.

import { createServer } from "@muxado/node";

const server = createServer({}, async (session) => {
  for await (const stream of session) {
    stream.readable.pipeTo(stream.writable).catch(console.error);
  }
});
await server.listen({ port: 7007 });
console.log("listening on port 7007");
