import { unreadable } from './unreadable.ts';

/** The value of a field: a number, or the bytes of a text, a message or packed numbers. */
type WireValue = bigint | Uint8Array;

/**
 * Reads a message of protobuf (protobuf.dev, "Encoding").
 *
 * @returns the values of each field by its number, in the order of arrival
 */
export function messageIn(bytes: Uint8Array): Map<number, WireValue[]> {
  const fields = new Map<number, WireValue[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) unreadable('a message that ends too early', { at, length });
    at += length;
    return bytes.subarray(at - length, at);
  };
  const takeVarint = (): bigint => {
    const { value, end } = varintAt(bytes, at);
    at = end;
    return value;
  };
  while (at < bytes.length) {
    const tag = Number(takeVarint());
    const values = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, values);
    switch (tag & 7) {
      case 0:
        values.push(takeVarint());
        break;
      case 1:
        values.push(view.getBigUint64(at, true));
        take(8);
        break;
      case 2:
        values.push(take(Number(takeVarint())));
        break;
      case 5:
        values.push(BigInt(view.getUint32(at, true)));
        take(4);
        break;
      default:
        unreadable('a field of an unknown wire type', tag);
    }
  }
  return fields;
}

function varintAt(bytes: Uint8Array, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let at = start; at < start + 10; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return unreadable('a number that does not end', start);
}

/** Reads repeated numbers. They may stand one after the other in one field, or each in a field of its own. */
export function packed(values: readonly WireValue[]): bigint[] {
  return values.flatMap((value) => {
    if (typeof value === 'bigint') return [value];
    const numbers: bigint[] = [];
    for (let at = 0; at < value.length;) {
      const { value: next, end } = varintAt(value, at);
      numbers.push(next);
      at = end;
    }
    return numbers;
  });
}

/** All values of a field; none where it is missing. */
export function valuesOf(fields: Map<number, WireValue[]>, field: number): readonly WireValue[] {
  return fields.get(field) ?? [];
}

export function asBytes(value: WireValue): Uint8Array {
  return typeof value === 'bigint' ? unreadable('a number where a message stands', String(value)) : value;
}

/** The text of a field; empty where it is missing. */
export function asText(value: WireValue | undefined): string {
  return value === undefined ? '' : new TextDecoder('utf-8', { fatal: true }).decode(asBytes(value));
}

/** @param bits as they stand in a field of 64 bits */
export function asDouble(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
