import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';
import { EARLIER_MUTANTS, type EarlierMutant } from './earlier-mutants.ts';

const ROOT = new URL('../../', import.meta.url);

// With a part of a path, only those of these files.
const [part = ''] = process.argv.slice(2);
const mutants = EARLIER_MUTANTS.filter(({ file }) => file.includes(part));

let survivors = 0;
for (const mutant of mutants) {
  const verdict = await verdictOf(mutant);
  if (verdict !== 'killed') survivors += 1;
  console.log(`${verdict.padEnd(8)} ${mutant.file}: ${mutant.breaks}`);
}
console.log(`\n${mutants.length - survivors} of ${mutants.length} are killed.`);
if (survivors > 0) process.exitCode = 1;

/** Runs the tests of a mutant. Its source stays as it is: what vitest reads of it is changed. */
async function verdictOf({
  file,
  text,
  replacement,
  tests,
  test,
}: EarlierMutant): Promise<'killed' | 'survived' | 'no test' | 'no text'> {
  const path = fileURLToPath(new URL(file, ROOT));
  if (readFileSync(path, 'utf8').split(text).length !== 2) return 'no text';
  const { exitCode } = process;
  const vitest = await startVitest(
    'test',
    [tests],
    {
      config: fileURLToPath(new URL('vitest.config.ts', import.meta.url)),
      include: ['packages/*/test/**/*.test.ts'],
      testNamePattern: test,
      watch: false,
      bail: 1,
      // What is left would be printed for each mutant.
      reporters: [{}],
    },
    {
      plugins: [
        {
          name: 'mutant',
          enforce: 'pre',
          transform: (code, id) => (id === path ? code.replace(text, () => replacement) : undefined),
        },
      ],
    },
  );
  const results = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  await vitest.close();
  // Vitest sets it when a test fails, which is what a mutant is for.
  process.exitCode = exitCode;
  const states = results.map((one) => one.result().state);
  if (states.includes('failed')) return 'killed';
  return states.includes('passed') ? 'survived' : 'no test';
}
