// Prints how close what servers read from timings is to what was recorded, as a Markdown table for the README.
import { markdownTable } from '../markdown-table.ts';
import { measureAccuracy, PERCENTILES, SHAPES, SIZES, type Reading } from './measure-accuracy.ts';

/** From so many values on, percentiles are shown; of fewer, a percentile is a matter of a few values. */
const MANY = 10_000;

const readings = await measureAccuracy();

function worst(of: readonly Reading[], error: (reading: Reading) => number): number {
  return Math.max(...of.map((reading) => Math.abs(error(reading))));
}

function percent(error: number): string {
  return `${(100 * error).toFixed(1)} %`;
}

const rows = Object.keys(SHAPES).map((shape) => {
  const cells = (['plain', 'weighting'] as const).flatMap((server) => {
    const all = readings.filter((reading) => reading.shape === shape && reading.server === server);
    const many = all.filter(({ size }) => size >= MANY);
    return [
      String(worst(all, ({ countError }) => countError)),
      worst(all, ({ meanError }) => meanError).toExponential(0),
      PERCENTILES.map((_, index) =>
        percent(worst(many, ({ percentileErrors }) => percentileErrors[index]!)),
      ).join(', '),
    ];
  });
  return [shape, ...cells];
});
const percentiles = `p${PERCENTILES.join(', p')}`;
console.log(`\nThe worst errors of ${SIZES.map((size) => size.toLocaleString('en')).join('; ')} timings.`);
console.log(`Percentiles: from ${MANY.toLocaleString('en')} timings on.\n`);
console.log(
  markdownTable(
    [
      ['timings', ...['plain', 'weighting'].flatMap((server) => [`${server}: count`, 'mean', percentiles])],
      ...rows,
    ],
    1,
  ),
);
