// What every server gives to its recipe.

import type { Target } from "../harness/target.ts";

/** A server that runs. */
export interface RunningServer {
  /** Takes its connections, however they come. */
  readonly target: Target;
  /** Ends it. Its folder is the runner's. */
  close(): Promise<void>;
}

/** A server that lets in whoever knows a password. */
export interface GuardedServer extends RunningServer {
  readonly user: string;
  readonly password: string;
}
