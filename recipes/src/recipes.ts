// The recipes, by the name of their library in npm or in Node, and the servers that they need.

import type { Recipe } from "./harness/recipe.ts";

/** A recipe that is not loaded yet. Each runs in its own process, which loads no other library. */
export interface RecipeEntry {
  readonly name: string;
  /** The program of its server, unless the server runs on Node. */
  readonly program?: string;
  load(): Promise<{ readonly recipe: Recipe }>;
}

/** All recipes. */
export const recipes: readonly RecipeEntry[] = [
  { name: "pg", program: "initdb", load: () => import("./pg.ts") },
  { name: "ioredis", program: "redis-server", load: () => import("./ioredis.ts") },
  { name: "redis", program: "redis-server", load: () => import("./redis.ts") },
  { name: "mysql2", program: "mariadbd", load: () => import("./mysql2.ts") },
  { name: "mqtt", program: "mosquitto", load: () => import("./mqtt.ts") },
  { name: "ssh2", program: "sshd", load: () => import("./ssh2.ts") },
  { name: "@grpc/grpc-js", load: () => import("./grpc.ts") },
  { name: "@connectrpc/connect-node", load: () => import("./connect.ts") },
  { name: "undici", load: () => import("./undici.ts") },
  { name: "got", load: () => import("./got.ts") },
  { name: "express", load: () => import("./express.ts") },
  { name: "fastify", load: () => import("./fastify.ts") },
  { name: "hono", load: () => import("./hono.ts") },
  { name: "socket.io", load: () => import("./socket-io.ts") },
  { name: "ws", load: () => import("./ws.ts") },
  { name: "vscode-jsonrpc", load: () => import("./vscode-jsonrpc.ts") },
  { name: "node:tls", load: () => import("./tls.ts") },
];
