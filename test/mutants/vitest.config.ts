import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { STAGE_VARIABLE, STAGES, type StageName } from './stages.ts';

const ROOT = new URL('../../', import.meta.url);

/** The tests of one stage: quick ones, without processes and sockets. */
export default defineConfig({
  // Stryker copies the sources and mutates the copies, but the links in node_modules lead to the originals.
  resolve: { alias: packageAliases() },
  test: {
    root: fileURLToPath(ROOT),
    include: [...(STAGES[process.env[STAGE_VARIABLE] as StageName]?.tests ?? [])],
    testTimeout: 240_000,
    isolate: false,
  },
});

/** The source of each entry of each package, by the name with which it is imported. */
function packageAliases(): { find: RegExp; replacement: string }[] {
  return readdirSync(new URL('packages', ROOT), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: folder }) => {
      const home = new URL(`packages/${folder}/`, ROOT);
      const { name, exports } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8')) as {
        readonly name: string;
        readonly exports: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
      };
      return Object.entries(exports).flatMap(([path, target]) => {
        const source = typeof target === 'string' ? undefined : target['@tallykit/source'];
        if (typeof source !== 'string') return [];
        const find = new RegExp(`^${name}${path.slice(1)}$`);
        return [{ find, replacement: fileURLToPath(new URL(source, home)) }];
      });
    });
}
