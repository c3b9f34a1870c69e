// A process that carries TCP connections to a port, and cuts all of them again and again.
//
// node cutting-proxy.mjs <port> <milliseconds between two cuts>

import * as net from "node:net";

const [port, pause] = process.argv.slice(2).map(Number);
/** @type {Set<net.Socket>} */
const sockets = new Set();
let cuts = 0;

const server = net.createServer((inward) => {
  const outward = net.connect(/** @type {number} */ (port), "127.0.0.1");
  for (const [one, other] of [
    [inward, outward],
    [outward, inward],
  ]) {
    sockets.add(one);
    one.pipe(other);
    one.on("error", () => other.destroy());
    one.on("close", () => {
      sockets.delete(one);
      other.destroy();
    });
  }
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: /** @type {net.AddressInfo} */ (server.address()).port });
});
setInterval(() => {
  if (sockets.size === 0) return;
  cuts++;
  for (const socket of sockets) socket.resetAndDestroy();
}, pause);
process.on("message", () => process.send?.({ cuts }));
process.on("disconnect", () => process.exit());
