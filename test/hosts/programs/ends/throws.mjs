import { record } from './recording.mjs';

record(24);
setImmediate(() => {
  throw new Error('nobody catches this');
});
