/**
 * The few parts of the protobuf wire format that sketches need (protobuf.dev, "Encoding"). Every function returns bytes as
 * a text whose characters are the bytes (`latin1`), which takes one byte of memory for each and joins without copying.
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;

/** A whole number from 0 to 2 ** 53: seven bits a byte, the lowest first. */
export function varint(value: number): string {
  let bytes = '';
  let rest = value;
  while (rest >= 0x80) {
    bytes += String.fromCharCode((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return bytes + String.fromCharCode(rest);
}

/** A field of type `int64` or `uint32`, for values that are not negative. */
export function integerField(field: number, value: number): string {
  return tag(field, VARINT) + varint(value);
}

const EIGHT_BYTES = Buffer.alloc(8);

/** A field of type `double`. */
export function doubleField(field: number, value: number): string {
  EIGHT_BYTES.writeDoubleLE(value);
  return tag(field, FIXED64) + EIGHT_BYTES.toString('latin1');
}

/** A field of type `string`. */
export function textField(field: number, text: string): string {
  // The characters of ASCII are their bytes.
  return messageField(field, /[^\0-\x7f]/.test(text) ? Buffer.from(text).toString('latin1') : text);
}

/** A field whose value is a message, given as its bytes. */
export function messageField(field: number, message: string): string {
  return tag(field, LENGTH_DELIMITED) + varint(message.length) + message;
}

/** A packed field of type `repeated uint32`. */
export function packedField(field: number, values: readonly number[]): string {
  let message = '';
  for (const value of values) message += varint(value);
  return messageField(field, message);
}

/** A packed field of type `repeated sint32`: small negative numbers are short, too. */
export function packedSignedField(field: number, values: readonly number[]): string {
  return packedField(
    field,
    values.map((value) => (value < 0 ? -2 * value - 1 : 2 * value)),
  );
}

function tag(field: number, wireType: number): string {
  return varint(field * 8 + wireType);
}
