import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from '../src/support/visible.ts';

describe('visible', () => {
  it.each([
    ['bob\nERROR all is lost', 'bob\\nERROR all is lost'],
    ['\r\t', '\\r\\t'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u0000\u0007\u007f\u0085\u009b', '\\x00\\x07\\x7f\\x85\\x9b'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\u202egnp.exe\u202c \u2066x\u2069', '\\u202egnp.exe\\u202c \\u2066x\\u2069'],
    ['\u200b\u200c\u200d\u200e\u200f\ufeff\u00ad', '\\u200b\\u200c\\u200d\\u200e\\u200f\\ufeff\\xad'],
    ['\u3164\u034f\ufe0f\u{e0041}', '\\u3164\\u034f\\ufe0f\\U000e0041'],
    ['\ud800 \udfff', '\\ud800 \\udfff'],
    ['\ue000\u{f0000}\uffff', '\\ue000\\U000f0000\\uffff'],
  ])('writes %j as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves what can be seen as it is', () => {
    const text = 'Grüße, 世界, שלום, مرحبا, 🙂 "a b" \\n = , e\u0301 \u00a0|';
    expect(visible(text)).toBe(text);
  });

  it('never leaves an invisible character, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
        expect(visible(shown)).toBe(shown);
      }),
    );
  });
});
