// The functions that libp2p uses and Node 20 does not have yet. Only programs and tests that run libp2p's code load
// them. Our own packages do not need them.

Promise.withResolvers ??= function withResolvers() {
  /** @type {PromiseWithResolvers<any>["resolve"]} */
  let resolve = ignore;
  /** @type {PromiseWithResolvers<any>["reject"]} */
  let reject = ignore;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

function ignore() {}
