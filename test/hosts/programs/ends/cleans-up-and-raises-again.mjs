// What Nest's shutdown hooks do.
import { setTimeout as delay } from 'node:timers/promises';
import { ready, record, stayAlive } from './recording.mjs';

record(24);
let isEnding = false;
async function cleanUp(signal) {
  if (isEnding) return;
  isEnding = true;
  await delay(20);
  process.removeListener(signal, cleanUp);
  process.kill(process.pid, signal);
}
process.on('SIGTERM', cleanUp);
stayAlive();
ready();
