/** Whether everything runs that there is: in `pnpm test:load`. */
const isThorough = process.env['TEST_RUNS'] === 'all';

/** A part of them is enough for a property that is broken often. */
const PART = 10;
/** So many at least. */
const FEWEST = 20;

/** How often something runs: so many times in `pnpm test:load`, and a tenth of that in `pnpm test`. */
export function runs(all: number): number {
  return isThorough ? all : Math.min(all, Math.max(FEWEST, Math.ceil(all / PART)));
}

/** How far apart the numbers are that something is tried with: all of them in `pnpm test:load`. */
export function step(inPart: number): number {
  return isThorough ? 1 : inPart;
}
