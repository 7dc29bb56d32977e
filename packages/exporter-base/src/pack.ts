/** A text that must reach the server in one payload: a line, or lines that only mean something together. */
export interface Unit<Owner> {
  readonly text: string;
  /** Whose text it is; comes back with the payload. */
  readonly owner: Owner;
}

/** A payload within the limit, or a unit that doesn't fit into any. */
export type Packed<Owner> =
  | {
      readonly type: 'payload';
      readonly text: string;
      readonly bytes: number;
      readonly owners: readonly Owner[];
    }
  | { readonly type: 'oversize'; readonly unit: Unit<Owner>; readonly bytes: number };

/**
 * Joins units with newlines into payloads of at most `maxPayloadBytes` bytes of UTF-8, in their order, each filled as
 * far as the next unit allows. Never splits a unit. Lazy: the units are pulled one by one.
 */
export function* pack<Owner>(
  units: Iterable<Unit<Owner>>,
  maxPayloadBytes: number,
): Generator<Packed<Owner>> {
  let texts: string[] = [];
  let owners: Owner[] = [];
  let bytes = 0;
  for (const unit of units) {
    const unitBytes = Buffer.byteLength(unit.text);
    if (unitBytes > maxPayloadBytes) {
      yield { type: 'oversize', unit, bytes: unitBytes };
      continue;
    }
    if (texts.length > 0 && bytes + 1 + unitBytes > maxPayloadBytes) {
      yield { type: 'payload', text: texts.join('\n'), bytes, owners };
      texts = [];
      owners = [];
      bytes = 0;
    }
    bytes += unitBytes + (texts.length > 0 ? 1 : 0);
    texts.push(unit.text);
    if (owners.at(-1) !== unit.owner) owners.push(unit.owner);
  }
  if (texts.length > 0) yield { type: 'payload', text: texts.join('\n'), bytes, owners };
}
