// Knows nothing of backends: whoever starts it preloads `@tallykit/node/register`. Parameter: how it ends.
import { metrics } from '@tallykit/metrics';

const [, , end] = process.argv;
let calls = Number(process.env.SMOKE_CALLS);
const record = () => {
  metrics.incr('smoke.calls');
  calls -= 1;
};

record();
if (end === 'exit') {
  // The socket is open then.
  const { flush } = await import('@tallykit/node/register');
  await flush();
}
while (calls > 0) record();
console.log('ready');
if (end === 'SIGTERM') setInterval(() => undefined, 3_600_000);
if (end.startsWith('exit')) process.exit();
