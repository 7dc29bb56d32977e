import type { Arrivals } from '../tasks/arrivals.ts';
import { LIBRARIES, TALLYKIT, type Library } from '../tasks/libraries.ts';
import { programsIn, type CompiledPrograms } from '../tasks/programs.ts';
import { readSeries, startScraper } from '../tasks/receivers.ts';
import { finishProgram, runCompiled } from '../tasks/running-program.ts';

/** The library alone, the library beside Tallykit, and Tallykit alone. */
export const STAGES = ['before', 'both', 'after'] as const;

export type Stage = (typeof STAGES)[number];

const PARTICULARS: Partial<Record<Library['name'], Partial<Library>>> = {
  // Side by side, each has an endpoint of its own.
  'prom-client': { startReceiver: () => startScraper(['/metrics', '/tallykit/metrics']) },
  // Without it, dd-trace takes the name in the package.json of this repository.
  'dd-trace': { environment: { DD_SERVICE: 'shop' } },
};

/** The libraries that people come from. */
export const MIGRATIONS: readonly Library[] = LIBRARIES.filter((library) => library !== TALLYKIT).map(
  (library) => ({ ...library, ...PARTICULARS[library.name] }),
);

/** Stands in for `--import @tallykit/node/register`. */
export const REGISTER = 'migration/register.ts';

/** The programs of all migrations, and what is loaded before some of them. */
export const MIGRATION_SOURCES: readonly string[] = [
  ...programsIn('migration/programs'),
  ...MIGRATIONS.flatMap(({ preload }) => preload ?? []),
  REGISTER,
];

/** Runs the program of a stage, with a server of its own. */
export async function runStage(
  { name, preload, startReceiver, environment }: Library,
  stage: Stage,
  programs: CompiledPrograms,
): Promise<Arrivals> {
  await using receiver = await startReceiver();
  await using program = runCompiled(
    programs.fileOf(`migration/programs/${name}/${stage}.ts`),
    { ...receiver.environment, ...environment, PORT: '0' },
    preload && programs.fileOf(preload),
  );
  return (await finishProgram(program, receiver)).arrived;
}

/**
 * What arrived of some series, as the table of a page says it.
 *
 * @param row a name with tags in backquotes, then ", measured" where the values are others each time
 */
export function cellOf(arrived: Arrivals, row: string): string {
  const [, series = '', isMeasured] = /^`(.+)`(, measured)?$/.exec(row) ?? [];
  const { name, tags } = readSeries(series);
  const arrivals = arrived.of(name, tags);
  if (arrivals.length === 0) return 'nothing';
  const types = [...new Set(arrivals.map(({ type }) => type))].join(' and ');
  // Of a gauge, the server keeps the last value.
  if (types === 'gauge') return `gauge ${textOf(arrivals.at(-1)!.sum)}`;
  const sum = textOf(arrived.sum(name, tags));
  const values = arrived.values(name, tags);
  if (values === 0) return `${types} ${sum}`;
  const count = `${types}: ${values} value${values === 1 ? '' : 's'}`;
  return isMeasured === undefined ? `${count}, sum ${sum}` : count;
}

/** A number as it was recorded: a sum of binary fractions is a little more or less. */
function textOf(value: number): string {
  return String(Number(value.toPrecision(12)));
}
