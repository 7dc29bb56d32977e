import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { diag } from '@opentelemetry/api';
import { MissingPackageError, systemClock } from '@tallykit/exporter-base';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import winston from 'winston';
import { Lines } from '../src/lines.ts';

const OWN_FILE = fileURLToPath(new URL('../src/load-winston.cts', import.meta.url));

function named(name: string): () => string {
  const stream = new PassThrough();
  winston.loggers.add(name, {
    format: winston.format.printf((entry) => `${entry.level} ${String(entry.message)}`),
    transports: [new winston.transports.Stream({ stream })],
  });
  onTestFinished(() => winston.loggers.close(name));
  return () => String(stream.read() ?? '');
}

describe('lines for a winston logger by name', () => {
  it('are written at once, in their order', () => {
    const written = named('early');
    const lines = new Lines('Test', undefined, 'early');
    lines.write('info', 'first', {});
    lines.write('warn', 'second', {});
    expect(written()).toBe('info first\nwarn second\n');
  });

  it('are refused while winston can not be loaded, which is logged once and tried again from time to time', () => {
    const logged: string[] = [];
    const quiet = () => undefined;
    const logger = { error: (text: string) => logged.push(text), warn: quiet, info: quiet, debug: quiet };
    diag.setLogger({ ...logger, verbose: quiet });
    onTestFinished(() => diag.disable());
    const written = named('again');
    let millis = 0;
    let attempts = 0;
    const clock = { ...systemClock, now: () => millis };
    const load = () => {
      attempts += 1;
      if (attempts < 4) throw new MissingPackageError({ name: 'winston', from: OWN_FILE }, undefined);
      return winston;
    };
    const lines = new Lines('Test', undefined, 'again', { clock, load });
    const install =
      /^Test: without the option `logger` it needs winston, which is not installed: npm install winston/;
    for (const now of [0, 9999, 10_000, 19_999]) {
      millis = now;
      expect(() => lines.write('info', 'lost', {})).toThrow(install);
    }
    expect([attempts, logged]).toEqual([2, [expect.stringMatching(install)]]);
    // An export doesn't wait for the time.
    expect(() => lines.load()).toThrow(install);
    expect([attempts, logged.length]).toEqual([3, 1]);
    millis = 29_998;
    expect(lines.isOff('info')).toBe(false);
    expect(() => lines.write('info', 'lost', {})).toThrow(install);
    millis = 29_999;
    lines.write('info', 'there', {});
    lines.load();
    expect([attempts, written()]).toEqual([4, 'info there\n']);
  });

  it('go to the console until the program gives the name a logger of its own', () => {
    // winston writes to what the console writes to.
    const { _stdout: out } = console as unknown as { _stdout: NodeJS.WriteStream };
    const write = vi.spyOn(out, 'write').mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    const lines = new Lines('Test', undefined, 'late');
    lines.write('info', 'to the console', { instance: 'web-1', tags: { plan: 'pro' } });
    expect(write.mock.calls.flat().join('')).toMatch(
      /^\S+Z info late to the console instance=web-1 plan=pro\n$/,
    );
    write.mockClear();
    lines.write('info', 'to the console', { tags: { user: 'bob role=admin', 'a b': "it's", empty: '' } });
    expect(write.mock.calls.flat().join('')).toMatch(
      / to the console user='bob role=admin' 'a b'="it's" empty=''\n$/,
    );
    const written = named('late');
    lines.write('info', 'to the program', {});
    expect(written()).toBe('info to the program\n');
  });
});
