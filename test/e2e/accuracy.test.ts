import { beforeAll, expect, test } from 'vitest';
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
  const within = (shape: string): number =>
    shape.startsWith('12 orders') || shape.startsWith('Pareto') ? 0.03 : 0.02;
  const wrong = many.filter(
    ({ shape, percentileErrors }) => !(Math.max(...percentileErrors) < within(shape)),
  );
  expect(wrong).toEqual([]);
});
