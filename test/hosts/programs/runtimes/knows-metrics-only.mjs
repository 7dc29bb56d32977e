// Knows nothing of backends: whoever starts it preloads `@tallykit/node/register`. Parameter: how it ends.
import { metrics } from '@tallykit/metrics';

const [, , end] = process.argv;
const calls = Number(process.env.SMOKE_CALLS);

metrics.incr('smoke.calls');
if (end === 'exit') {
  // The socket is open then.
  const { flush } = await import('@tallykit/node/register');
  await flush();
}
for (let call = 1; call < calls; call += 1) metrics.incr('smoke.calls');
console.log('ready');
if (end === 'SIGTERM') setInterval(() => undefined, 3_600_000);
if (end.startsWith('exit')) process.exit();
