// Posts to the gateway's hook, one run after the other, until the file "stop" is there. A gateway that is away is tried again.
// How many it has accepted stands in the file "accepted".
//
//   node hooks.mjs '{"url":…,"token":…,"everyMs":…,"stop":…,"accepted":…}'
import { existsSync, writeFileSync } from 'node:fs';

const { url, token, everyMs, stop, accepted: file } = JSON.parse(process.argv[2]);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let accepted = 0;
for (let number = 0; !existsSync(stop); number++) {
  const message = `SLEEP ${(0.5 + (number % 5)).toFixed(1)} and SAY run ${number}`;
  try {
    const reply = await fetch(url, {
      method: 'POST', signal: AbortSignal.timeout(5000),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ message }),
    });
    accepted += reply.ok ? 1 : 0;
    writeFileSync(file, String(accepted));
  } catch (e) {
    if (!(e instanceof TypeError) && e.name !== 'TimeoutError') throw e;
  }
  await pause(everyMs);
}
console.log(`${accepted} accepted`);
