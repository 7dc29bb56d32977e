import { once } from 'node:events';
import { createServer } from 'node:http';
import { ready, record } from './recording.mjs';

record(24);
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
ready();
