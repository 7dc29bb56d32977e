import { beforeEach, describe, expect, it } from 'vitest';
import { visible as shownByExporters } from '../../exporter-base/src/support/visible.ts';
import { createMetrics } from '../src/index.ts';
import { describe as described } from '../src/describe.ts';
import { logOnce } from '../src/log-once.ts';
import { shared } from '../src/shared.ts';
import { visible } from '../src/visible.ts';
import { forgetWhatWasLogged, setUp, warnings } from './collect.ts';
import { step } from '../../../test/runs.ts';

beforeEach(forgetWhatWasLogged);

describe('what is logged', () => {
  it('is remembered for a thousand metrics of each topic, and further ones make no warning', () => {
    const logged = warnings();
    for (let thing = 0; thing < 1_005; thing += 1) logOnce('size', `thing ${thing}`, `about ${thing}`);
    expect(logged).toHaveLength(1_000);
    expect(shared.logged.get('size')?.size).toBe(1_000);
    logOnce('size', 'thing 0', 'again');
    expect(logged).toHaveLength(1_000);
    logOnce('color', 'thing 1004', 'another topic');
    expect(logged).toHaveLength(1_001);
  });

  it('is one line in which everything can be seen', () => {
    const logged = warnings();
    const { meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const name = 'a\n\u001b[31mforged\u202e';
    metrics.incr(name, -1);
    metrics.gauge(name, 1);
    metrics.incr(name, 1);
    // The SDK logs a line about the name, too.
    const ours = logged.filter((line) => line.startsWith('@tallykit/metrics'));
    expect(ours.length).toBeGreaterThan(0);
    for (const line of ours) {
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(line).toContain(String.raw`a\n\x1b[31mforged\u202e`);
    }
    expect(described('x\r')).toBe(String.raw`'x\r'`);
  });

  it('is shown as the exporters show it', () => {
    for (let code = 0; code <= 0x10_ff_ff; code += code < 0x3_00_00 ? step(7) : 257) {
      const character = String.fromCodePoint(code);
      expect(visible(character)).toBe(shownByExporters(character));
    }
  });
});
