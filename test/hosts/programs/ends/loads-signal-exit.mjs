// Parameters: the version of signal-exit, and whether it listens to signals `earlier` than metrics or `later`.
const [, , version, when] = process.argv;
const loaded = await import(`signal-exit${version}`);
const onExit = loaded.onExit ?? loaded.default;

if (when === 'earlier') onExit(() => undefined);
const { ready, record, stayAlive } = await import('./recording.mjs');
if (when === 'later') onExit(() => undefined);
record(24);
stayAlive();
ready();
