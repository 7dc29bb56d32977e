import { parentPort } from 'node:worker_threads';
import { record } from './recording.mjs';

record(24);
parentPort.postMessage('recorded');
if (process.argv[2] === 'exit') process.exit();
if (process.argv[2] === 'terminated') setInterval(() => undefined, 3_600_000);
