import { markdownTable } from '../markdown-table.ts';
import { PERCENTILES, type Reading } from './measure-accuracy.ts';

/** From so many values on, percentiles are shown; of fewer, a percentile is a matter of a few values. */
export const MANY = 10_000;

/** The worst errors of each shape at both servers, as a Markdown table. */
export function accuracyTable(readings: readonly Reading[]): string {
  const rows = [...new Set(readings.map(({ shape }) => shape))].map((shape) => {
    const cells = (['plain', 'weighting'] as const).flatMap((server) => {
      const all = readings.filter((reading) => reading.shape === shape && reading.server === server);
      const many = all.filter(({ size }) => size >= MANY);
      const meanError = worst(all, (reading) => reading.meanError);
      return [
        String(worst(all, ({ countError }) => countError)),
        meanError === 0 ? '0' : meanError.toExponential(0),
        PERCENTILES.map((_, index) =>
          percent(worst(many, ({ percentileErrors }) => percentileErrors[index]!)),
        ).join(', '),
      ];
    });
    return [shape, ...cells];
  });
  const percentiles = `p${PERCENTILES.join(', p')}`;
  const head = [
    'timings',
    ...['plain', 'weighting'].flatMap((server) => [`${server}: count`, 'mean', percentiles]),
  ];
  return markdownTable([head, ...rows], 1);
}

function worst(of: readonly Reading[], error: (reading: Reading) => number): number {
  return Math.max(...of.map((reading) => Math.abs(error(reading))));
}

function percent(error: number): string {
  return `${(100 * error).toFixed(1)} %`;
}
