import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { compilePrograms } from '../tasks/programs.ts';
import { leadToReceivers } from './addresses.ts';
import { REPOSITORY } from '../repository.ts';
import type { Program } from './programs.ts';
import type { Receivers } from './receivers.ts';

const TESTS = join(import.meta.dirname, '..');
const GIVEN = join(import.meta.dirname, 'given.ts');

/** Files that are run. */
export interface Compiled extends AsyncDisposable {
  /** What the compiler says, each with the page and the line that it is about. */
  readonly errors: readonly string[];
  /**
   * The JavaScript of a program of TypeScript; the source of one that vitest runs.
   *
   * @throws when something on its page doesn't compile
   */
  fileOf(program: Program): string;
  /** The folder of a page's programs. */
  folderOf(page: string): string;
}

/** Whether a program is a test, which vitest runs. */
export function isTest({ text }: Program): boolean {
  return /\bfrom 'vitest'/.test(text);
}

/** Writes the programs into files, checks their types in one run of the compiler, and makes JavaScript of those that run. */
export async function compile(
  programs: readonly Program[],
  receiversOf: ReadonlyMap<Program, Receivers>,
): Promise<Compiled> {
  mkdirSync(join(TESTS, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(TESTS, 'dist/docs-'));
  const folderOf = (page: string): string => join(folder, page);
  const sourceOf = ({ page, place, file }: Program): string =>
    join(folderOf(page), file ?? `${place.slice(page.length + 1)}.ts`);
  const sources = programs.filter(({ language }) => language === 'ts');
  for (const program of sources) {
    const receivers = receiversOf.get(program);
    const file = sourceOf(program);
    const text = receivers ? leadToReceivers(program.text, receivers) : program.text;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${importOf(program, file)}${text}`);
  }
  const errors = checkTypes(folder, sources.map(sourceOf));
  const errorsOf = (page: string): string[] => errors.filter((error) => error.startsWith(`${page}:`));
  const run = sources.filter(
    (program) => receiversOf.has(program) && !isTest(program) && errorsOf(program.page).length === 0,
  );
  const compiled = await compilePrograms(run.map((program) => relative(TESTS, sourceOf(program))));
  return {
    errors,
    folderOf,
    fileOf(program) {
      const problems = errorsOf(program.page);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      return isTest(program) ? sourceOf(program) : compiled.fileOf(relative(TESTS, sourceOf(program)));
    },
    async [Symbol.asyncDispose]() {
      await compiled[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The given names, on the empty line that every page has before a block. */
function importOf({ given }: Program, file: string): string {
  return given.length === 0 ? '' : `import { ${given.join(', ')} } from '${relative(dirname(file), GIVEN)}';`;
}

/** What a reader's compiler says, who has chosen `strict`. */
function checkTypes(folder: string, files: readonly string[]): string[] {
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: relative(folder, join(REPOSITORY, 'tsconfig.base.json')),
      compilerOptions: {
        // A page shows what there is, and uses a part of it.
        noUnusedLocals: false,
        noUnusedParameters: false,
        erasableSyntaxOnly: false,
        // A program without imports is a module too.
        moduleDetection: 'force',
      },
      files,
    }),
  );
  const compiler = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: folder,
  });
  return `${stdout}${stderr}`
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^(.*\.md)\/[^/(]+\((\d+),(\d+)\)/, '$1:$2:$3'));
}
