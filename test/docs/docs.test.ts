// Compiles and runs the blocks of code of the pages, and compares what the pages state with what happens. How pages are
// written for it is in .github/CONTRIBUTING.md, "Documentation".
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import ts from 'typescript6';
import { afterAll, beforeAll, describe, expect, it, type ExpectStatic } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startProcess, type Program as Running } from '../programs/start-process.ts';
import { leadToReceivers } from './addresses.ts';
import { REPOSITORY } from '../repository.ts';
import { blocksOf, placeOf } from './blocks.ts';
import { compile, isTest, type Compiled } from './compile.ts';
import { installProblems } from './installs.ts';
import { inStatedOrder, matches } from './match.ts';
import { PAGE_FOLDERS, pagesIn } from './pages.ts';
import { programsOf, type Program } from './programs.ts';
import { startReceivers, type Receivers } from './receivers.ts';

/** docs/migration is `migration.test.ts`; docs/tasks.md is written by `pnpm tasks`. */
const pages = PAGE_FOLDERS.flatMap(pagesIn).filter((page) => page !== 'docs/tasks.md');

const blocks = pages.flatMap(blocksOf);
const programs = pages.flatMap((page) => programsOf(blocks.filter((block) => block.page === page)));
const running = programs.filter(({ compiledOnly, file }) => compiledOnly === undefined && file === undefined);

/** What of this process's variables a program gets. */
const { PATH = '', HOME = '' } = process.env;

const receivers = new Map<Program, Receivers>();
let compiled: Compiled;
beforeAll(async () => {
  for (const program of running) receivers.set(program, await startReceivers(program.text));
  compiled = await compile(programs, receivers);
  writeCommands(compiled.folderOf('bin'));
});
afterAll(async () => {
  await Promise.all([...receivers.values()].map((one) => one[Symbol.asyncDispose]()));
  await compiled[Symbol.asyncDispose]();
});

it('compiles every block of TypeScript', () => {
  expect(compiled.errors).toEqual([]);
});

describe.concurrent('a program', () => {
  for (const program of running) it(program.place, ({ expect: expectOfTest }) => run(program, expectOfTest));
});

describe('another block', () => {
  for (const block of blocks) {
    const { language, text, markers } = block;
    switch (language) {
      case 'ts':
      case 'text':
        break;
      case 'json':
        it(`${placeOf(block)} is JSON`, () => {
          expect(() => void JSON.parse(text)).not.toThrow();
        });
        break;
      case 'jsonc':
        it(`${placeOf(block)} is JSON with comments`, () => {
          expect(ts.parseConfigFileTextToJson(block.page, text).error).toBeUndefined();
        });
        break;
      case 'yaml':
        it(`${placeOf(block)} is YAML`, () => {
          expect(
            parseAllDocuments(text).flatMap((document) => ('errors' in document ? document.errors : [])),
          ).toEqual([]);
        });
        break;
      case 'js':
        it(`${placeOf(block)} is JavaScript`, async () => {
          await expect(transform(text, { loader: 'js' })).resolves.toBeDefined();
        });
        break;
      case 'sh':
        if (markers.has('unchecked')) break;
        it(`${placeOf(block)} installs packages with their peers`, () => {
          expect(installProblems(block)).toEqual([]);
        });
        break;
      default:
        it(`${placeOf(block)} has a language that is known here`, () => {
          expect.unreachable(`\`\`\`${language}`);
        });
    }
  }
});

/** Runs a program, and compares what its page states with what it printed and what arrived. */
async function run(program: Program, expectOfTest: ExpectStatic): Promise<void> {
  const ours = receivers.get(program)!;
  await using process = start(program, ours);
  const stated = program.statements.map(({ kind, text }) => [kind, text]);
  /** What was printed and received so far, in the words of the page where they fit. */
  const found = (): [string, string][] =>
    program.statements.map(({ kind, text }) => {
      if (kind === 'received') return [kind, inStatedOrder(text.split('\n'), ours.lines()).join('\n')];
      const output = process.output().trimEnd();
      const isStated = kind === 'throws' ? matches(`…${text}…`, output) : matches(text, output);
      return [kind, isStated ? text : output];
    });
  if (program.runsUntilStopped) {
    await expectOfTest.poll(found).toEqual(stated);
    process.child.kill('SIGTERM');
    await process.ended;
    return;
  }
  const status = await process.ended;
  await ours.settled();
  const throws = program.statements.some(({ kind }) => kind === 'throws');
  if (throws === (status === 0)) throw new Error(`It ended with ${status}:\n${process.output()}`);
  expectOfTest(found()).toEqual(stated);
}

/** Starts a program: with Node, with vitest where it is a test, with a shell where it is commands. */
function start(program: Program, ours: Receivers): Running {
  const folder = compiled.folderOf(program.page);
  mkdirSync(folder, { recursive: true });
  const options = {
    directory: folder,
    environment: { PATH: `${compiled.folderOf('bin')}:${PATH}`, HOME, NO_COLOR: '1', ...ours.environment },
  };
  if (program.language === 'sh') {
    return startProcess('sh', ['-e', '-c', leadToReceivers(program.text, ours)], options);
  }
  const file = compiled.fileOf(program);
  if (!isTest(program)) return startProcess(process.execPath, [file], options);
  const vitest = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
  const config = join(import.meta.dirname, 'test-programs.config.ts');
  return startProcess(process.execPath, [vitest, 'run', '-c', config, '--root', folder, file], options);
}

/** The commands that pages use, from the sources of this repository. */
function writeCommands(folder: string): void {
  const node = `exec '${process.execPath}' --conditions=@tallykit/source --import tsx`;
  const commands = {
    node: `${node} "$@"`,
    npx: `[ "$1" = @tallykit/cli ] || exit 64; shift; ${node} '${join(REPOSITORY, 'packages/cli/src/main.ts')}' "$@"`,
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}
