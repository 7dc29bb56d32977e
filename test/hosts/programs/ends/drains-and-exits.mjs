// Requests that are still served for a second are recorded too.
import { ready, record, stayAlive } from './recording.mjs';

record(24);
process.on('SIGTERM', () => {
  setInterval(() => record(1), 20);
  setTimeout(() => process.exit(0), 1000);
});
stayAlive();
ready();
