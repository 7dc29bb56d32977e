// The primary records too.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { ready, record } from './recording.mjs';

record(24);
if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  await once(createServer().listen(0, '127.0.0.1'), 'listening');
}
ready();
