// A message is delivered in its own task, after all promise continuations of the turn that has posted it.

const { port1, port2 } = new MessageChannel();
let order = [];
let delivered = () => {};
port1.onmessage = () => {
  order.push("message");
  delivered();
};

let wrong = 0;
for (let round = 0; round < 20; round++) {
  order = [];
  const message = new Promise((resolve) => (delivered = resolve));
  let continued = Promise.resolve();
  for (let step = 0; step < 5; step++) continued = continued.then(() => order.push("continuation"));
  port2.postMessage(0);
  await Promise.all([message, continued]);
  if (order.at(-1) !== "message") wrong++;
}
port1.close();
console.log(`${wrong} of 20 messages came too early`);
console.log(wrong > 0 ? "reproduced" : "gone");
