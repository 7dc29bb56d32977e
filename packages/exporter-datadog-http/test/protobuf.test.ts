import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  doubleField,
  integerField,
  messageField,
  packedField,
  packedSignedField,
  textField,
  varint,
} from '../src/protobuf.ts';

const hex = (bytes: string) => Buffer.from(bytes, 'latin1').toString('hex');

describe('the protobuf writer', () => {
  // The examples of protobuf.dev, "Encoding".
  it.each<[string, () => string, string]>([
    ['a number', () => integerField(1, 150), '089601'],
    ['the first number of two bytes', () => integerField(1, 128), '088001'],
    ['a text', () => textField(2, 'testing'), '120774657374696e67'],
    ['a message', () => messageField(3, integerField(1, 150)), '1a03089601'],
    ['packed numbers', () => packedField(6, [3, 270, 86_942]), '3206038e029ea705'],
    // ZigZag: 0, -1, 1, -2, and the outermost keys of a sketch.
    ['small packed numbers with a sign', () => packedSignedField(7, [0, -1, 1, -2]), '3a0400010203'],
    ['large packed numbers with a sign', () => packedSignedField(7, [-32_766, 32_766]), '3a06fbff03fcff03'],
    ['a double', () => doubleField(3, 1), '19000000000000f03f'],
    ['a double with a sign', () => doubleField(3, -0.1), '199a9999999999b9bf'],
    ['a text of characters of several bytes', () => textField(1, 'é🚲'), '0a06c3a9f09f9ab2'],
    ['an empty text', () => textField(2, ''), '1200'],
  ])('writes %s', (_, write, expected) => {
    expect(hex(write())).toBe(expected);
  });

  it('writes whole numbers of any size, seven bits a byte, the lowest first', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = [...Buffer.from(varint(value), 'latin1')];
        const read = bytes.reduce((sum, byte, index) => sum + BigInt(byte % 128) * 128n ** BigInt(index), 0n);
        expect(read).toBe(BigInt(value));
        expect(bytes.every((byte, index) => byte >= 128 === index < bytes.length - 1)).toBe(true);
      }),
    );
  });
});
