// Both sides in one process, with a TLS connection between them. The client dials, and the server sends the requests.

import { selfSigned } from "../certificate.ts";
import { serveTheServer } from "./client.ts";
import { listen } from "./server.ts";

const credentials = selfSigned("localhost");
const server = await listen(credentials);
await serveTheServer({ host: "localhost", port: server.port!, tls: { ca: credentials.cert } });
await server.close();
