// The messages from the process of a recipe to the runner.

import type { Link } from "./harness/link.ts";

/** One message. */
export type Report =
  | { readonly event: "begins"; readonly kind: Link["kind"]; readonly title: string }
  | { readonly event: "passes"; readonly note: string }
  | { readonly event: "fails"; readonly text: string };
