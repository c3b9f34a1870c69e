// Follows an operation without waiting for it, for tests in which it may stay pending.

/** Follows a promise without waiting for it. */
export function follow(promise: Promise<unknown>): {
  state: "pending" | "resolved" | "rejected";
  reason: unknown;
} {
  const followed = {
    state: "pending" as "pending" | "resolved" | "rejected",
    reason: undefined as unknown,
  };
  promise.then(
    () => (followed.state = "resolved"),
    (reason: unknown) => {
      followed.state = "rejected";
      followed.reason = reason;
    },
  );
  return followed;
}
