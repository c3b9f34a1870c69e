// The JavaScript peer of the interop runner: @libp2p/yamux under a remote control, over TCP and without libp2p.
//
//   node main.mjs <scenario> server|client <host:port> [options as JSON]
//
// It makes one connection, runs one session over it, performs the commands on its standard input (control.mjs), and
// ends when that input ends, so that no process outlives the runner. The name of the scenario is a label for readers of
// the list of processes.

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
// It reads commands before it connects, because the runner may end before any side connects.
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
