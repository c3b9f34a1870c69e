// The interface of every server to its recipe.

import type { Target } from "../harness/target.ts";

/** A running server. */
export interface RunningServer {
  /** Takes connections of any kind for the server. */
  readonly target: Target;
  /** Ends the server. The runner removes its folder. */
  close(): Promise<void>;
}

/** A server that requires a password. */
export interface GuardedServer extends RunningServer {
  readonly user: string;
  readonly password: string;
}
