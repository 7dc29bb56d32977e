// proper-lockfile loads signal-exit 3, here earlier than metrics listen to signals.
import { fileURLToPath } from 'node:url';
import lockfile from 'proper-lockfile';
import { ready, record, stayAlive } from './recording.mjs';

record(24);
await lockfile.lock(fileURLToPath(import.meta.url), {
  lockfilePath: `${fileURLToPath(import.meta.url)}.${process.pid}.lock`,
});
stayAlive();
ready();
