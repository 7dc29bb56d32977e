// Preloaded into the processes that tests of this lane start, and into its bench: what our own files import of
// OpenTelemetry is this lane's. Packages keep what they were installed with.
import { createRequire, registerHooks } from 'node:module';

const require = createRequire(import.meta.url);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL, conditions } = context;
    const ours = parentURL !== import.meta.url && !parentURL?.includes('/node_modules/');
    if (!ours || !specifier.startsWith('@opentelemetry/')) return nextResolve(specifier, context);
    // `require` doesn't look at `parentURL`.
    return conditions.includes('require')
      ? nextResolve(require.resolve(specifier), context)
      : nextResolve(specifier, { ...context, parentURL: import.meta.url });
  },
});
