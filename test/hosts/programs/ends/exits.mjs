import { record } from './recording.mjs';

record(24);
process.exit();
