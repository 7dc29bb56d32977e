import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { skipBecause } from '../../e2e/skip-because.ts';
import { LINES } from '../../packaging/consumer.ts';
import { ManagedProject, PACKAGE_MANAGERS } from '../package-managers.ts';
import { startRegistry, type Registry } from '../registry.ts';
import { installTools, MANAGERS } from '../tools.ts';

let registry: Registry;
let tools: string;
beforeAll(async () => {
  tools = await installTools(MANAGERS);
  registry = await startRegistry(inject('packages'));
});
afterAll(() => registry?.[Symbol.asyncDispose]());

/** What OpenTelemetry 2 is called, where a README's line doesn't say it: the newest version needs Node 22. */
const ON_NODE_20: Readonly<Record<string, string>> = {
  '@opentelemetry/api': '~1.9.1',
  '@opentelemetry/resources': '^2.0.0',
  '@opentelemetry/sdk-metrics': '^2.0.0',
};

/** The packages of the first line in a README that installs any. */
function installLineOf(folder: string): string[] {
  const line = /^npm install (.+)$/m.exec(readFileSync(join(folder, 'README.md'), 'utf8'))![1]!;
  const [command] = line.split('#');
  return command!
    .trim()
    .split(/\s+/)
    .filter((word) => !word.startsWith('-'));
}

const lines = inject('packages').map(({ name, folder }) => ({ name, words: installLineOf(folder) }));

const isVersioned = (word: string): boolean => /.@/.test(word);
const withoutVersion = (word: string): string => word.replace(/(.)@.*/, '$1');
const withVersion = (name: string): string => (name in ON_NODE_20 ? `${name}@${ON_NODE_20[name]}` : name);

describe.for(LINES)('on the Node of $name', ({ name: line, node }) => {
  beforeEach((context) => {
    if (!existsSync(node)) skipBecause(context, `there is no ${node} on this platform`);
  });

  describe.for(PACKAGE_MANAGERS)('$name', (manager) => {
    async function add(name: string, words: readonly string[]): Promise<string> {
      using project = new ManagedProject(manager, registry.url, tools, node);
      await project.add(...words);
      return await project.run(`import * as entry from '${name}';\nconsole.log(Object.keys(entry).length);`);
    }

    test.for(lines)(
      'adds $name by the line of its README, and a program imports it',
      async ({ name, words }) => {
        const added = line === LINES[0]!.name ? words.map(withVersion) : words;
        expect(Number(await add(name, added))).toBeGreaterThan(0);
      },
    );

    // A line that is for OpenTelemetry 2 has to work here as it stands, and with the newest versions.
    test.for(line === LINES[0]!.name ? [] : lines.filter(({ words }) => words.some(isVersioned)))(
      'adds $name beside the newest OpenTelemetry, and a program imports it',
      async ({ name, words }) => {
        expect(Number(await add(name, words.map(withoutVersion)))).toBeGreaterThan(0);
      },
    );
  });
});
