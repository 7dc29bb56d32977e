import { onExit } from 'signal-exit4';
import { ready, record, stayAlive } from './recording.mjs';

record(24);
onExit(() => undefined);
stayAlive();
ready();
