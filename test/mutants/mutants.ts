import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { readTable } from '../readme-table.ts';
import { pageOf, SCORE, scoreOf, summaryOf, type Mutant, type Results } from './mutants-page.ts';
import { STAGE_VARIABLE, STAGES, type StageName } from './stages.ts';

// `pnpm mutants` changes the code of each stage in small ways, one at a time, and runs the tests of the stage after each. It
// prints what no test notices. `pnpm mutants STAGE…` does it for some stages; with `--update`, writes docs/mutants.md.

const ROOT = new URL('../../', import.meta.url);
const FOLDER = '.test-results/mutants';
const PAGE = new URL('docs/mutants.md', ROOT);
const RESULTS = new URL(`${FOLDER}/results.json`, ROOT);

const options: ConstructorParameters<typeof Stryker>[0] = {
  // By its path, because Stryker looks for plugins beside itself, where pnpm puts none.
  plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'))],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutants/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // What runs when a module is loaded would need a new process for each mutant.
  ignoreStatic: true,
  ignorePatterns: ['dist', '/packages/*/dist', '/examples', '/.github', '/.changeset', '/docs'],
  tempDirName: `${FOLDER}/sandbox`,
  cleanTempDir: 'always',
  concurrency: Number(process.env['MUTANTS_CONCURRENCY'] ?? 2),
  // A mutant that never ends is found by how often its place is passed. This is for the rest.
  timeoutMS: 20_000,
  reporters: ['dots'],
  allowConsoleColors: false,
  disableTypeChecks: false,
};

process.chdir(fileURLToPath(ROOT));
const names = process.argv.slice(2).filter((name) => name !== '--update');
const unknown = names.filter((name) => !(name in STAGES));
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(', ')}. Stages: ${Object.keys(STAGES).join(', ')}`);
  process.exit(1);
}

mkdirSync(FOLDER, { recursive: true });
let results: Results = names.length > 0 ? earlierResults() : {};
for (const name of names.length > 0 ? (names as StageName[]) : (Object.keys(STAGES) as StageName[])) {
  const start = process.hrtime.bigint();
  const mutants = await mutantsOf(name);
  // Another run may have finished a stage meanwhile.
  if (names.length > 0) results = earlierResults();
  results[name] = { mutants, seconds: Math.round(Number(process.hrtime.bigint() - start) / 1e9) };
  writeFileSync(RESULTS, JSON.stringify(results));
  console.log(`${summaryOf({ [name]: results[name] })}\n${results[name].seconds} s\n`);
}
console.log(summaryOf(results));
if (process.argv.includes('--update')) {
  writeFileSync(PAGE, pageOf(results));
} else if (isWorse(results)) {
  console.error(`A score is more than one percentage point below ${fileURLToPath(PAGE)}.`);
  process.exitCode = 1;
}

async function mutantsOf(name: StageName): Promise<Mutant[]> {
  process.env[STAGE_VARIABLE] = name;
  const { sources } = STAGES[name];
  const found = await new Stryker({ ...options, mutate: [...sources] }).runMutationTest();
  return found.map(({ fileName, location, replacement, status }) => {
    const file = relative(process.cwd(), fileName);
    const { start, end } = location;
    const source = readFileSync(file, 'utf8').split('\n');
    const lines = source.slice(start.line - 1, end.line);
    lines[lines.length - 1] = lines.at(-1)!.slice(0, end.column - 1);
    lines[0] = lines[0]!.slice(start.column - 1);
    const code = source[start.line - 1]!.trim();
    return { file, line: start.line, code, text: lines.join('\n'), replacement, status };
  });
}

/** Some tests take random values, so a mutant may live in one run and not in another. */
function isWorse(than: Results): boolean {
  const shown = readTable(PAGE, 'stage')[SCORE]!;
  return Object.entries(than).some(
    ([name, { mutants }]) => Number(scoreOf(mutants)) + 1 < Number(shown[name]),
  );
}

/** Of the stages that are not run now. */
function earlierResults(): Results {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
  } catch {
    return {};
  }
}
