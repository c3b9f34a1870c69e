// What the library uses and Node 20 does not have yet. Here alone: our own packages do without.

Promise.withResolvers ??= function withResolvers() {
  let resolve;
  let reject;
  const promise = new this((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
};
