import { record } from './recording.mjs';

record(24);
void Promise.reject(new Error('nobody catches this'));
