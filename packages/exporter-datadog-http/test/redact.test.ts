import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../src/redact.ts';

const key = '0123456789abcdef0123456789abcdef';
/** With everything in it that is written in another way somewhere. */
const oddKey = 'a/b+c=d&e"f\\g%h<i>j';

const asHtml = (text: string) => text.replace(/[&"<>]/g, (one) => `&#x${one.codePointAt(0)!.toString(16)};`);
const asDecimals = (text: string) => Array.from(text, (one) => `&#${one.codePointAt(0)};`).join('');
const asEscapes = (text: string) =>
  Array.from(text, (one) => `\\u00${one.codePointAt(0)!.toString(16).padStart(2, '0')}`).join('');

describe('redact', () => {
  it.each([
    ['as it is', key, key],
    ['in other letters', key, key.toUpperCase()],
    ['URL-encoded', oddKey, encodeURIComponent(oddKey)],
    ['URL-encoded in small letters', oddKey, encodeURIComponent(oddKey).toLowerCase()],
    ['as a JSON string', oddKey, JSON.stringify(oddKey).slice(1, -1)],
    ['as JSON escapes', oddKey, asEscapes(oddKey)],
    ['as HTML', oddKey, asHtml(oddKey)],
    ['as HTML decimals', oddKey, asDecimals(oddKey)],
    ['wrapped', key, `${key.slice(0, 5)}\r\n ${key.slice(5, 19)}\t${key.slice(19)}`],
    [
      'with invisible characters in it',
      key,
      `${key.slice(0, 5)}\u200b${key.slice(5, 19)}\u202e${key.slice(19)}`,
    ],
    ['its beginning', key, key.slice(0, 24)],
    ['its end', key, key.slice(12)],
    ['a part', key, key.slice(10, 20)],
    ['short', 'k', 'k'],
  ])('takes the key away: %s', (_, apiKey, written) => {
    expect(redact(`[ ${written} ]`, [apiKey])).toBe('[ (the API key) ]');
    expect(redact(`${written} and ${written}`, [apiKey])).toBe('(the API key) and (the API key)');
  });

  it('takes away every key that it is told', () => {
    const other = 'fedcba9876543210fedcba9876543210';
    expect(redact(`not ${other}, but ${key}`, [key, other])).toBe('not (the API key), but (the API key)');
    for (let length = 1; length < 8; length += 1)
      expect(redact(`[ ${other.slice(0, length)}`, [key, other], true)).toBe('[ ');
  });

  it('takes away the beginning of the key where a text was cut, however short', () => {
    for (let length = 1; length < key.length; length += 1) {
      const shown = redact(`[ ${key.slice(0, length)}`, [key], true);
      expect(shown).toBe(length < 8 ? '[ ' : '[ (the API key)');
    }
    expect(redact('[ 012 3', [key], true)).toBe('[ ');
    expect(redact('[ 0123', [key])).toBe('[ 0123');
    expect(redact('[ 3', [key], true)).toBe('[ 3');
  });

  it.each([
    [
      'request to http://bob:secret@proxy:3128/x failed',
      'request to http://(credentials)@proxy:3128/x failed',
    ],
    ['https://secret@proxy', 'https://(credentials)@proxy'],
    ['https://bob:se@cret@proxy', 'https://(credentials)@proxy'],
    ['"https://proxy/x?api_key=secret&a=b" failed', '"https://proxy/x?…" failed'],
    ['see https://docs.example/x (not @bob)?', 'see https://docs.example/x (not @bob)?'],
  ])('takes away what is secret in addresses: %s', (text, shown) => {
    expect(redact(text, [key])).toBe(shown);
  });

  it('takes away the beginning of credentials where a text was cut', () => {
    expect(redact('proxy http://bob:sec', [key], true)).toBe('proxy http://');
  });

  it('leaves no part of a key that somebody could use, wherever the text is cut', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(key, key.slice(3), encodeURIComponent(key), `${key.slice(0, 16)} ${key.slice(16)}`),
        fc.string({ unit: fc.constantFrom(...Array.from('01ab %2?@/:&\\"x')) }),
        fc.constantFrom('https://', '%30', '&#x30;', '\\u0030', '\u202e', '😀'),
      ),
    );
    fc.assert(
      fc.property(pieces, fc.nat(200), (parts, cut) => {
        const shown = redact(parts.join('').slice(0, cut), [key], true);
        const plain = shown.replaceAll(/\s/g, '');
        for (let at = 0; at + 8 <= key.length; at += 1) expect(plain).not.toContain(key.slice(at, at + 8));
      }),
    );
  });

  it('leaves everything else as it is', () => {
    const texts = fc.string({ unit: 'grapheme' }).filter((text) => !/[?@]|\/\//.test(text));
    fc.assert(
      fc.property(texts, (text) => {
        expect(redact(text, [key])).toBe(text);
      }),
    );
  });
});
