// Node's HTTP server listens with the method of net.Server.

import * as http from "node:http";
import * as net from "node:net";

const inherits = http.createServer() instanceof net.Server;
console.log(`an HTTP server is ${inherits ? "a" : "no"} net.Server`);
console.log(inherits ? "gone" : "reproduced");
