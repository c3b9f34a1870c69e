// `npm run demo`: two processes, one TCP connection between them, streams from both sides.

import { fileURLToPath } from "node:url";
import { demo } from "./demo.ts";

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
process.exitCode = await demo(program("server.js"), program("client.js"));
