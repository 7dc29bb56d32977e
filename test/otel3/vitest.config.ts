import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig, type Plugin } from 'vitest/config';
import base, { REPEATED_PROJECTS } from '../vitest.config.ts';

const here = fileURLToPath(import.meta.url);
const register = new URL('register.mjs', import.meta.url);

/** Tests and sources lie where OpenTelemetry 2 is installed; what they import of it is taken from here. */
const opentelemetryOfThisLane: Plugin = {
  name: 'opentelemetry-of-this-lane',
  enforce: 'pre',
  async resolveId(source) {
    if (!source.startsWith('@opentelemetry/')) return null;
    return (
      (await this.resolve(source, here, { skipSelf: true })) ?? this.error(`This lane has no ${source}.`)
    );
  },
};

/** The suite again, on Node 24 with OpenTelemetry 3. */
export default mergeConfig(
  { ...base, test: { ...base.test, projects: REPEATED_PROJECTS } },
  defineConfig({
    plugins: [opentelemetryOfThisLane],
    // NODE_OPTIONS does the same for the processes that tests start.
    test: { env: { OPENTELEMETRY_LINE: '3', NODE_OPTIONS: `--import=${register.href}` } },
  }),
);
