import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadOptional, MissingPackageError } from '../src/support/load-optional.ts';

const NAME = 'late';

interface Late {
  readonly value: number;
}

/** A program's folder, and a package whose main file is not `index.js`. */
function program() {
  const folder = mkdtempSync(join(tmpdir(), 'optional-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  const from = join(folder, 'program.cjs');
  const require = createRequire(from);
  const load = () => loadOptional<Late>({ name: NAME, load: () => require(NAME), from, member: 'value' });
  const write = (packageFolder: string, source: string): void => {
    mkdirSync(join(packageFolder, 'lib'), { recursive: true });
    writeFileSync(join(packageFolder, 'package.json'), '{ "main": "./lib/late.js" }');
    writeFileSync(join(packageFolder, 'lib/late.js'), source);
  };
  return { folder, from, load, write };
}

test.each(['folder', 'link'])(
  'a package that is installed after a load failed is found (%s)',
  async (kind) => {
    const { folder, load, write } = program();
    expect(load).toThrow(MissingPackageError);
    expect(load).toThrow(MissingPackageError);
    const place = join(folder, 'node_modules/late');
    // Its dependency is beside what the link points to.
    const real = kind === 'link' ? join(folder, 'store/node_modules/late') : place;
    write(real, "exports.value = require('beside').value;");
    write(join(real, '../beside'), 'exports.value = 5;');
    if (kind === 'link') symlinkSync(real, place);
    const server = createServer().listen(join(folder, 'socket'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    statSync(join(folder, 'socket'));
    expect(load()).toEqual({ value: 5 });
  },
);

test('what the package throws is thrown', () => {
  const { folder, load, write } = program();
  expect(load).toThrow(MissingPackageError);
  const place = join(folder, 'node_modules/late');
  write(place, "require('deeper');");
  expect(load).toThrow("Cannot find module 'deeper'");
  write(place, 'exports.value = 6;');
  expect(load()).toEqual({ value: 6 });
});

test('a copy of the package in a bundle comes before one that is installed', () => {
  const { folder, from, write } = program();
  write(join(folder, 'node_modules/late'), 'exports.value = 7;');
  writeFileSync(join(folder, 'load-late.cjs'), '');
  const load = (file: string) =>
    loadOptional<Late>({
      name: NAME,
      load: () => ({ value: 8 }),
      from: join(from, '..', file),
      member: 'value',
    });
  expect(load('bundle.cjs')).toEqual({ value: 8 });
  expect(load('load-late.cjs')).toEqual({ value: 7 });
});

test('an empty module in place of a package is a missing one', () => {
  const load = () =>
    loadOptional<Late>({ name: 'late', load: () => ({}) as Late, from: undefined, member: 'value' });
  expect(load).toThrow(MissingPackageError);
});

test.each([
  ['beside its own package', 'load-late.cjs', 'late, which is not installed: npm install late@1 | pnpm'],
  [
    'in a bundle',
    'bundle.cjs',
    'late, which is not part of this bundle: install it where the bundle is made (npm install',
  ],
  [
    'in a bundle that gives files the names of their sources',
    'gone/load-late.cjs',
    'late, which is not part of',
  ],
  ['in a bundle as an ES module', undefined, 'late, which is not part of this bundle:'],
])('the remedy for a missing package %s', (_, file, remedy) => {
  const { folder } = program();
  writeFileSync(join(folder, 'load-late.cjs'), '');
  const from = file === undefined ? undefined : join(folder, file);
  const optional = { name: NAME, from, member: 'value', install: 'late@1' } as const;
  expect(new MissingPackageError(optional, undefined).message).toContain(remedy);
});

test.each([
  ["Cannot find module 'late'\nRequire stack:\n- /x.js", true],
  ["Cannot find package 'late' imported from /x.js", true],
  ['Dynamic require of "late" is not supported', true],
  ['Could not resolve "late"', true],
  ['require is not defined in ES module scope, you can use import instead', true],
  ["Cannot find module 'later'", false],
  ["Cannot find module 'deeper'\nRequire stack:\n- /node_modules/late/index.js", false],
  ['EMFILE: too many open files', false],
])('%s: is missing? %s', (message, expected) => {
  const load = (): Late => {
    throw message.startsWith('require is') ? new ReferenceError(message) : new Error(message);
  };
  const found = () => loadOptional<Late>({ name: NAME, load, from: undefined, member: 'value' });
  expect(found).toThrow(expected ? MissingPackageError : message);
});
