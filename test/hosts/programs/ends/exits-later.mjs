import { ready, record, stayAlive } from './recording.mjs';

record(24);
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 100));
stayAlive();
ready();
