// The JavaScript peer of the interop runner: @libp2p/yamux behind a remote control, over TCP and without libp2p.
//
//   node main.mjs <scenario> server|client <host:port> [options as JSON]
//
// It makes one connection, runs one session over it, does what the lines of its standard input say (control.mjs),
// and ends with that input, so that nothing outlives the runner. The scenario's name is a label for whoever looks
// at the list of processes.

import "../node-20.mjs";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { obey, report } from "./control.mjs";
import { Peer } from "./session.mjs";
import { Transport } from "./transport.mjs";

const [, , scenario, role, address, options = "{}"] = process.argv;
if (scenario === undefined || address === undefined) {
  console.error("usage: main.mjs <scenario> server|client <host:port> [options]");
  process.exit(1);
}
const [host, port] = address.split(":");

const peer = start();
// At once: the runner may end before anybody connects.
obey(async (command) => (await peer).obey(command));

async function start() {
  const socket = role === "client" ? await dial() : await listen();
  socket.setNoDelay(true);
  report("connected");
  return new Peer(new Transport(socket, role), JSON.parse(options));
}

async function dial() {
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

async function listen() {
  const server = createServer({ allowHalfOpen: true }).listen(Number(port), host);
  await once(server, "listening");
  report("listening", { port: server.address().port });
  const [socket] = await once(server, "connection");
  server.close();
  return socket;
}
