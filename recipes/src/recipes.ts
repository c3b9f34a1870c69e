// The recipes, by the name that npm knows their library by, and the servers that they need.

import type { Recipe } from "./harness/recipe.ts";

/** A recipe that is not loaded yet: each runs in a process of its own, which loads no other library. */
export interface RecipeEntry {
  readonly name: string;
  /** The program of its server, unless that runs on Node. */
  readonly program?: string;
  load(): Promise<{ readonly recipe: Recipe }>;
}

/** All of them. */
export const recipes: readonly RecipeEntry[] = [
  { name: "pg", program: "initdb", load: () => import("./pg.ts") },
  { name: "ioredis", program: "redis-server", load: () => import("./ioredis.ts") },
  { name: "redis", program: "redis-server", load: () => import("./redis.ts") },
  { name: "mysql2", program: "mariadbd", load: () => import("./mysql2.ts") },
  { name: "mqtt", program: "mosquitto", load: () => import("./mqtt.ts") },
  { name: "ssh2", program: "sshd", load: () => import("./ssh2.ts") },
];
