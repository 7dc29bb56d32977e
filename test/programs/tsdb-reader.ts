// Only reads what a fleet has written, and leaves it to Node to end the program.
import { TimeseriesStore } from '@tallykit/tsdb';

const store = new TimeseriesStore({ redis: { url: process.env['REDIS_URL']!, timeoutMillis: 60_000 } });
const names = await store.names();
const { url } = await store.listen();
console.log(JSON.stringify({ names, isServed: url !== '' }));
