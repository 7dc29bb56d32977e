import { describe, expect, it } from 'vitest';
import { AgentSketch } from '../src/index.ts';

function sketchOf(...values: readonly number[]): AgentSketch {
  const sketch = new AgentSketch();
  for (const value of values) sketch.insert(value);
  return sketch;
}

describe("the Agent's sketch", () => {
  it('keeps count, sum, minimum and maximum', () => {
    const { count, sum, min, max } = sketchOf(5, -2, 10);
    expect({ count, sum, min, max }).toEqual({ count: 3, sum: 13, min: -2, max: 10 });
  });

  it('counts whole weights and adds up real ones, as the Agent does', () => {
    const sketch = new AgentSketch();
    sketch.insert(10, 0.3);
    expect([sketch.count, sketch.sum]).toEqual([3, 10 / 0.3]);
    // Rates that make no sense are none.
    sketch.insert(10, 0);
    sketch.insert(10, 2);
    expect(sketch.count).toBe(5);
  });

  it('knows values to 1.6 %, over many orders of magnitude and on both sides of zero', () => {
    for (const sign of [1, -1]) {
      for (let exponent = -8; exponent < 15; exponent += 1) {
        const middle = sign * 1.2345 * 10 ** exponent;
        // Neither the first nor the last: these are known exactly.
        const quantile = sketchOf(-1e20, -1e20, middle, 1e20, 1e20).quantile(0.5);
        expect(Math.abs(quantile / middle - 1)).toBeLessThan(2 / 128);
      }
    }
  });

  it('has bins whose limits are powers of 1 + 2/128', () => {
    // 1 is the limit of a bin, so it stands in the bin that reaches from there to the next limit.
    expect(sketchOf(0, 1, 1, 1, 9).quantile(0.25)).toBe(1);
    const [first, last] = [0.25, 0.75].map((q) => sketchOf(0, 1, 1, 1, 9).quantile(q));
    expect(last! - first!).toBeCloseTo((2 / 3) * (2 / 128), 9);
  });

  it('takes very small values for zero, and has nothing to say of nothing', () => {
    expect(sketchOf(-1, 1e-12, 1).quantile(0.5)).toBe(0);
    expect(new AgentSketch().quantile(0.5)).toBe(0);
  });

  it('stays within minimum and maximum', () => {
    const sketch = sketchOf(3.0001, 3.0002, 3.0003);
    for (const q of [0, 0.5, 1]) {
      expect(sketch.quantile(q)).toBeGreaterThanOrEqual(3.0001);
      expect(sketch.quantile(q)).toBeLessThanOrEqual(3.0003);
    }
  });
});
