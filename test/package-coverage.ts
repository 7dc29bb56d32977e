import { readFileSync, writeFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { CoverageV8Options, Reporter, Vitest } from 'vitest/node';
import { markdownTable } from './markdown-table.ts';
import { fillPlaces } from './page-places.ts';
import { readTable } from './readme-table.ts';
import { packageFolders, REPOSITORY } from './repository.ts';

/** The page that shows the coverage, and below which it must not fall. */
const PAGE = new URL('../docs/coverage.md', import.meta.url);

/** By so many percentage points a package may fall. A few branches run or not as it happens. */
const TOLERANCE = 1;

const MEASURES = ['statements', 'branches', 'functions', 'lines'] as const;

type Measure = (typeof MEASURES)[number];

type Counts = Record<Measure, { readonly total: number; readonly covered: number }>;

/** What is used here of istanbul's map of the covered files. */
interface CoverageMap {
  files(): string[];
  fileCoverageFor(file: string): { toSummary(): { readonly data: Counts } };
}

const PACKAGES = packageFolders();

/** What `--coverage` measures: code that runs in the processes of the tests, but not in programs that they start. */
export const coverage: CoverageV8Options = {
  include: ['packages/*/src/**/*.ts'],
  // A web page as one text.
  exclude: ['packages/tsdb/src/page.ts'],
  reportsDirectory: '.test-results/coverage',
  reporter: ['html'],
  thresholds: thresholds(),
};

/** Prints the coverage of each package. With vitest's `--update`, writes it into the page too. */
export class PackageCoverageReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onCoverage(map: unknown): void {
    const table = tableOf(map as CoverageMap);
    this.#vitest?.logger.log(
      `\nCoverage by package, in percent. By line: .test-results/coverage/index.html\n\n${table}\n`,
    );
    if (this.#vitest?.config.snapshotOptions.updateSnapshot !== 'all') return;
    writeFileSync(
      PAGE,
      fillPlaces(readFileSync(PAGE, 'utf8'), 'coverage', () => table),
    );
  }
}

function tableOf(map: CoverageMap): string {
  const rows = PACKAGES.map((name) => [name, ...percentages(map, name)]).filter((row) => row.length > 1);
  return markdownTable([['package', ...MEASURES], ...rows, ['all', ...percentages(map)]], 1);
}

/** @param folder of a package; all without it */
function percentages(map: CoverageMap, folder = ''): string[] {
  const home = `packages${sep}${folder}`;
  const files = map.files().filter((file) => relative(REPOSITORY, file).startsWith(home));
  const summaries = files.map((file) => map.fileCoverageFor(file).toSummary().data);
  return MEASURES.map((measure) => {
    const count = (of: 'total' | 'covered') =>
      summaries.reduce((sum, { [measure]: one }) => sum + one[of], 0);
    return ((count('covered') / count('total')) * 100).toFixed(1);
  });
}

/** From the page: a little below what was measured. A package that is not on it yet has none. */
function thresholds(): NonNullable<CoverageV8Options['thresholds']> {
  const table = readTable(PAGE, 'package');
  return Object.fromEntries(
    PACKAGES.filter((name) => table.statements?.[name] !== undefined).map((name) => [
      `packages/${name}/src/**`,
      Object.fromEntries(
        // Below zero it would be a number of places that may be uncovered.
        MEASURES.map((measure) => [measure, Math.max(Number(table[measure]![name]) - TOLERANCE, 0)]),
      ),
    ]),
  );
}
