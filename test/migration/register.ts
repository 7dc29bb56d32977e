// Preloaded as `@tallykit/node/register` is, from the sources.
await import('@tallykit/node/register');
