import type { ShownPicture } from './show-picture.ts';

const FOLDER = 'packages/tsdb/docs/images';

/** Pictures that `pnpm screenshots` takes, by their names. */
export const SCREENSHOTS = {
  'tsdb-page': {
    alt: 'The page of the internal store: a search, ranges of time from 15 minutes to 90 days, and a card with a live chart and figures for each metric of a shop.',
    light: `${FOLDER}/page-light.png`,
    dark: `${FOLDER}/page-dark.png`,
    width: 900,
  },
  'tsdb-chart': {
    alt: 'An open chart of the page: a timing with its percentiles p50, p95 and p99 and the bands between them, and a table of their figures.',
    light: `${FOLDER}/chart-light.png`,
    dark: `${FOLDER}/chart-dark.png`,
    width: 900,
  },
} as const satisfies Record<string, ShownPicture>;
