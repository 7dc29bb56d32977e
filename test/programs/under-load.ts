// Records without a pause until a signal ends it, and prints how much so far. With GRACEFUL it listens to SIGTERM itself:
// it stops recording a little later, and ends.
import { setImmediate as turn } from 'node:timers/promises';
import { metrics } from '@tallykit/metrics';

const BATCH = 1_000;
let isEnding = false;
if (process.env['GRACEFUL']) process.once('SIGTERM', () => (isEnding = true));

let recorded = 0;
for (let batchesLeft = 20; batchesLeft > 0;) {
  for (let call = 0; call < BATCH; call += 1)
    metrics.incr('orders', 1, { tags: { plan: call % 2 ? 'pro' : 'free' } });
  recorded += BATCH;
  console.log(`recorded ${recorded}`);
  if (isEnding) batchesLeft -= 1;
  await turn();
}
