import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Packer, type Route, type Payload } from '../src/index.ts';
import { FakeServer } from './fake-server.ts';
import { runs } from '../../../test/runs.ts';

const route = (maxPayloadBytes: number, options: Partial<Route> = {}): Route => ({
  transport: new FakeServer(),
  maxPayloadBytes,
  ...options,
});

/** As a sender does it: payloads leave as soon as they are full. The owner of a text is its place. */
function packed(
  texts: readonly string[],
  options: Route,
): { payloads: Payload<number>[]; tooLong: number[] } {
  const packer = new Packer<number>(options);
  const payloads: Payload<number>[] = [];
  const tooLong: number[] = [];
  for (const [owner, text] of texts.entries()) {
    if (packer.fits(text)) packer.add(text, owner);
    else tooLong.push(owner);
    for (let full = packer.full(); full; full = packer.full()) payloads.push(full);
  }
  for (let rest = packer.rest(); rest; rest = packer.rest()) payloads.push(rest);
  return { payloads, tooLong };
}

const textsOf = (...given: Parameters<typeof packed>) => packed(...given).payloads.map(({ text }) => text);

describe('Packer', () => {
  it('fills payloads to the byte and joins with newlines', () => {
    const { payloads } = packed(['aaaa', 'bbbb', 'cccc', 'd'], route(9));
    expect(payloads.map(({ text, owners }) => [text, owners])).toEqual([
      ['aaaa\nbbbb', [0, 1]],
      ['cccc\nd', [2, 3]],
    ]);
  });

  it('counts bytes of UTF-8, not characters, and of latin1 when a route is made of bytes', () => {
    expect(textsOf(['éé', 'é'], route(6))).toEqual(['éé', 'é']);
    expect(textsOf(['éé', 'é'], route(7))).toEqual(['éé\né']);
    expect(textsOf(['éé', 'é'], route(4, { encoding: 'latin1' }))).toEqual(['éé\né']);
    expect(textsOf(['éé', 'é'], route(3, { encoding: 'latin1' }))).toEqual(['éé', 'é']);
  });

  it('puts open, separator and close around and between texts, and counts their bytes', () => {
    const list = { open: '{"é":[', separator: ', ', close: ']}' };
    expect(textsOf(['1', '2', '3'], route(13, list))).toEqual(['{"é":[1, 2]}', '{"é":[3]}']);
    expect(textsOf(['1', '2', '3'], route(12, list))).toEqual(['{"é":[1]}', '{"é":[2]}', '{"é":[3]}']);
    expect(textsOf(['1', '2', '3'], route(16, list))).toEqual(['{"é":[1, 2, 3]}']);
    expect(textsOf(['ab', 'cd'], route(4, { separator: '' }))).toEqual(['abcd']);
    expect(textsOf([], route(16, list))).toEqual([]);
  });

  it('knows what fits into no payload', () => {
    const { payloads, tooLong } = packed(['a', 'b'.repeat(11), 'é'.repeat(5), 'é'.repeat(6), 'c'], route(10));
    expect(payloads.map(({ text }) => text)).toEqual(['a', 'é'.repeat(5), 'c']);
    expect(tooLong).toEqual([1, 3]);
    expect(new Packer(route(10, { open: 'x'.repeat(11) })).fits('')).toBe(false);
  });

  it('keeps texts of several lines whole', () => {
    expect(textsOf(['aaaaa', 'g:0\ng:-5'], route(10))).toEqual(['aaaaa', 'g:0\ng:-5']);
  });

  it('puts no more texts into a payload than a route allows', () => {
    expect(textsOf(['a', 'b', 'c'], route(100, { maxTexts: 1 }))).toEqual(['a', 'b', 'c']);
    expect(textsOf(['a', 'b', 'c'], route(100, { maxTexts: 2 }))).toEqual(['a\nb', 'c']);
    expect(textsOf(['aa', 'b', 'c'], route(3, { maxTexts: 2 }))).toEqual(['aa', 'b\nc']);
  });

  it('parts a payload into halves, the first one with a text more, and what is unknown of it is unknown of both', () => {
    const list = { open: '[', separator: ', ', close: ']' };
    const [payload] = packed(['a', 'é', 'c'], route(100, list)).payloads;
    payload!.uncertainSinceMillis = 7;
    const halves = payload!.halves()!;
    expect(
      halves.map(({ text, owners, uncertainSinceMillis }) => [text, owners, uncertainSinceMillis]),
    ).toEqual([
      ['[a, é]', [0, 1], 7],
      ['[c]', [2], 7],
    ]);
    expect(halves[0]!.halves()!.map(({ text }) => text)).toEqual(['[a]', '[é]']);
    expect(halves[1]!.halves()).toBeUndefined();
  });

  const hostile = fc.string({
    unit: fc.constantFrom('a', ':', '|', '#', ',', 'é', '€', '😀', '\ud800'),
    maxLength: 40,
  });
  const affix = fc.string({ unit: fc.constantFrom('[', 'é', '😀'), maxLength: 3 });

  it.each([
    ['a few bytes', hostile, { min: 4, max: 120 }, 500],
    // Made in several steps.
    [
      'many kilobytes',
      fc.tuple(hostile, fc.nat(400)).map(([one, times]) => one.repeat(times)),
      { min: 16_000, max: 120_000 },
      100,
    ],
  ])(
    'loses, splits and reorders nothing, stays within limits of %s, and leaves no room unused',
    (_, text, limits, numRuns) => {
      fc.assert(
        fc.property(
          fc.array(text, { maxLength: 60, size: 'max' }),
          fc.integer(limits),
          fc.record({ open: affix, separator: affix, close: affix }),
          fc.constantFrom('utf8', 'latin1'),
          fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
          (texts, limit, around, encoding, maxTexts) => {
            const options = route(limit, { ...around, encoding, ...(maxTexts && { maxTexts }) });
            const { payloads, tooLong } = packed(texts, options);
            const bytes = (one: string) => Buffer.from(one, encoding).length;
            const frame = bytes(around.open) + bytes(around.close);
            const fitting = [...texts.keys()].filter((index) => frame + bytes(texts[index]!) <= limit);
            expect(payloads.flatMap(({ owners }) => owners)).toEqual(fitting);
            expect(payloads.flatMap((payload) => payload.texts)).toEqual(
              fitting.map((index) => texts[index]),
            );
            expect(tooLong).toEqual([...texts.keys()].filter((index) => !fitting.includes(index)));
            for (const [index, payload] of payloads.entries()) {
              expect(payload.text).toBe(around.open + payload.texts.join(around.separator) + around.close);
              expect(payload.texts.length).toBeLessThanOrEqual(maxTexts ?? Infinity);
              expect(bytes(payload.text)).toBeLessThanOrEqual(limit);
              const next = payloads[index + 1]?.texts[0];
              const isFull =
                next === undefined ||
                payload.texts.length === maxTexts ||
                bytes(payload.text) + bytes(around.separator) + bytes(next) > limit;
              expect(isFull).toBe(true);
              const halves = payload.halves() ?? [payload];
              expect(halves.length).toBe(Math.min(payload.texts.length, 2));
              expect(halves.flatMap((half) => half.texts)).toEqual(payload.texts);
              expect(halves.flatMap(({ owners }) => owners)).toEqual(payload.owners);
            }
          },
        ),
        { numRuns: runs(numRuns) },
      );
    },
  );

  it('hands a payload over as soon as it is known to be full', () => {
    const one = new Packer<number>(route(100, { maxTexts: 1 }));
    one.add('a', 0);
    expect(one.full()).toBeUndefined();
    one.add('b', 1);
    expect(one.full()?.text).toBe('a');
    const two = new Packer<number>(route(3));
    two.add('aa', 0);
    expect(two.full()).toBeUndefined();
    two.add('b', 1);
    expect(two.full()?.text).toBe('aa');
    expect([two.full(), two.rest()?.text, two.rest()]).toEqual([undefined, 'b', undefined]);
  });

  it('keeps nothing of what it handed over', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heapUsed = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const packer = new Packer<number>(route(20_000));
    const before = heapUsed();
    for (let index = 0; index < 5000; index += 1) {
      packer.add(`${index}`.padEnd(10_000, 'x'), index);
      packer.full();
    }
    // Of 50 MB.
    expect((heapUsed() - before) / 1e6).toBeLessThan(10);
    expect(packer.rest()?.owners).toEqual([4999]);
  });

  it.each([
    ['as they come', true],
    ['all at once', false],
  ])(
    'takes work in proportion to the texts when their characters have several bytes, added %s',
    (_, drained) => {
      let work = 0;
      const byteLength = Buffer.byteLength.bind(Buffer);
      const { slice } = Array.prototype;
      const counted = vi.spyOn(Buffer, 'byteLength').mockImplementation((text, encoding) => {
        work += (text as string).length;
        return byteLength(text, encoding);
      });
      const copied = vi.spyOn(Array.prototype, 'slice').mockImplementation(function (
        this: unknown[],
        ...range
      ) {
        const copy = slice.apply(this, range);
        work += copy.length;
        return copy;
      });
      let units = 0;
      let payloads = 0;
      try {
        const packer = new Packer<number>(route(1432));
        for (let index = 0; index < runs(100_000); index += 1) {
          const one = `größe€${index}:1|c`;
          units += one.length;
          if (packer.fits(one)) packer.add(one, index);
          if (drained) while (packer.full()) payloads += 1;
        }
        while (packer.rest()) payloads += 1;
      } finally {
        counted.mockRestore();
        copied.mockRestore();
      }
      expect(payloads).toBeGreaterThan(runs(1000));
      expect(work / units).toBeLessThan(10);
    },
  );
});
