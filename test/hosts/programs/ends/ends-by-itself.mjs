import { record } from './recording.mjs';

record(24);
