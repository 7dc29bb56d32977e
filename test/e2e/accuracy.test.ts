import { beforeAll, expect, test } from 'vitest';
import { accuracyTable } from '../accuracy/accuracy-table.ts';
import { measureAccuracy, SHAPES, SIZES, type Reading } from '../accuracy/measure-accuracy.ts';

let readings: readonly Reading[];
beforeAll(async () => {
  readings = await measureAccuracy();
});

test('counts and means are right for any number of timings, on servers that weight samples and on others', () => {
  expect(readings).toHaveLength(2 * SIZES.length * Object.keys(SHAPES).length);
  const wrong = readings.filter(({ countError, meanError }) => countError !== 0 || !(meanError < 1e-6));
  expect(wrong).toEqual([]);
});

test('percentiles are close where there are many timings', () => {
  const many = readings.filter(({ size }) => size >= 10_000);
  // 250 samples for 12 orders of magnitude: each stands for values that differ by 12 %.
  const oneSample = 10 ** (12 / 250) - 1;
  const within = (shape: string): number => {
    if (shape.startsWith('12 orders')) return oneSample;
    return shape.startsWith('Pareto') ? 0.03 : 0.02;
  };
  const wrong = many.filter(
    ({ shape, percentileErrors }) => !(Math.max(...percentileErrors) < within(shape)),
  );
  expect(wrong).toEqual([]);
});

test('the table shows the worst of each shape and server, and percentiles of many timings only', () => {
  const reading: Reading = {
    shape: 'even',
    size: 20_000,
    server: 'plain',
    countError: 0,
    meanError: 2e-15,
    percentileErrors: [0.001, 0.02, 0.003],
  };
  const few: Reading = { ...reading, size: 20, countError: -3, percentileErrors: [0.9, 0.9, 0.9] };
  const weighting: Reading = {
    ...reading,
    server: 'weighting',
    meanError: 0,
    percentileErrors: [0, 0, 0.04],
  };
  const cells = accuracyTable([reading, few, weighting])
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()));
  expect(cells).toHaveLength(3);
  expect(cells[2]!.slice(1, -1)).toEqual([
    'even',
    '3',
    '2e-15',
    '0.1 %, 2.0 %, 0.3 %',
    '0',
    '0',
    '0.0 %, 0.0 %, 4.0 %',
  ]);
});
