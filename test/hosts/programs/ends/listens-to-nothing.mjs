import { ready, record, stayAlive } from './recording.mjs';

record(24);
stayAlive();
ready();
