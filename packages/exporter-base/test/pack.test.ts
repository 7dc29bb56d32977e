import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack } from '../src/index.ts';

const bytes = (text: string) => Buffer.byteLength(text);
const unitsOf = (texts: readonly string[]) => texts.map((text, owner) => ({ text, owner }));

describe('pack', () => {
  it('fills payloads to the byte and joins with newlines', () => {
    const packed = [...pack(unitsOf(['aaaa', 'bbbb', 'cccc', 'd']), 9)];
    expect(packed).toEqual([
      { type: 'payload', text: 'aaaa\nbbbb', bytes: 9, owners: [0, 1] },
      { type: 'payload', text: 'cccc\nd', bytes: 6, owners: [2, 3] },
    ]);
  });

  it('counts bytes of UTF-8, not characters', () => {
    const packed = [...pack(unitsOf(['éé', 'é']), 6)];
    expect(packed.map((item) => item.type === 'payload' && item.text)).toEqual(['éé', 'é']);
  });

  it('hands back what fits into no payload and goes on', () => {
    const packed = [...pack(unitsOf(['a', 'b'.repeat(11), 'c']), 10)];
    expect(packed).toEqual([
      { type: 'oversize', unit: { text: 'b'.repeat(11), owner: 1 }, bytes: 11 },
      { type: 'payload', text: 'a\nc', bytes: 3, owners: [0, 2] },
    ]);
  });

  it('keeps units of several lines whole', () => {
    const packed = [...pack(unitsOf(['aaaaa', 'g:0\ng:-5']), 10)];
    expect(packed.map((item) => item.type === 'payload' && item.text)).toEqual(['aaaaa', 'g:0\ng:-5']);
  });

  it('pulls units only as far as the payload that is asked for', () => {
    let pulled = 0;
    function* endless() {
      for (;;) {
        pulled += 1;
        yield { text: 'aaaa', owner: 0 };
      }
    }
    pack(endless(), 9).next();
    expect(pulled).toBe(3);
  });

  const text = fc.string({
    unit: fc.constantFrom('a', ':', '|', '#', ',', 'é', '€', '😀'),
    minLength: 1,
    maxLength: 40,
  });

  it('loses, splits and reorders nothing, stays within the limit, and leaves no room unused', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), fc.integer({ min: 4, max: 120 }), (texts, limit) => {
        const packed = [...pack(unitsOf(texts), limit)];
        const payloads = packed.filter((item) => item.type === 'payload');
        const fitting = texts.filter((one) => bytes(one) <= limit);
        expect(payloads.flatMap((payload) => payload.text.split('\n'))).toEqual(fitting);
        expect(payloads.flatMap((payload) => payload.owners)).toEqual(
          texts.flatMap((one, owner) => (bytes(one) <= limit ? [owner] : [])),
        );
        expect(packed.length - payloads.length).toBe(texts.length - fitting.length);
        for (const [index, payload] of payloads.entries()) {
          expect(bytes(payload.text)).toBe(payload.bytes);
          expect(payload.bytes).toBeLessThanOrEqual(limit);
          const next = payloads[index + 1]?.text.split('\n')[0] ?? 'x'.repeat(limit);
          expect(payload.bytes + 1 + bytes(next)).toBeGreaterThan(limit);
        }
      }),
    );
  });
});
