/** How one protocol spells tags. All three are pure. */
export interface TagSpelling {
  /** A key that is safe on the wire, never empty. */
  key(text: string): string;
  /** A value that is safe on the wire, never empty. */
  value(text: string): string;
  /** The text of all tags. Keys and values are safe already, and in their order. */
  join(tags: readonly (readonly [key: string, value: string])[]): string;
}

/**
 * An attribute's value as text. Arrays and objects become JSON, which OpenTelemetry's common specification ("Attribute") asks
 * of protocols that don't have them. `undefined` for values that can't be a tag.
 */
export function tagText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? undefined : jsonText(value);
    default:
      return undefined;
  }
}

function jsonText(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // It contains itself, or a BigInt.
    return undefined;
  }
}

/**
 * Writes the tags of points as text. A point's own attributes replace tags of the same key that every point gets. Keys are
 * compared in their spelling on the wire, so no key is written twice. They are sorted, so that one series has one text.
 */
export class TagWriter {
  readonly #spelling: TagSpelling;
  readonly #shared = new Map<string, string>();

  /** @param shared tags of every point; a later source replaces keys of an earlier one */
  constructor(spelling: TagSpelling, ...shared: readonly Readonly<Record<string, unknown>>[]) {
    this.#spelling = spelling;
    for (const tags of shared) this.#add(this.#shared, tags);
  }

  /** The text of the tags of a point with these attributes. */
  write(attributes: Readonly<Record<string, unknown>>): string {
    const tags = new Map(this.#shared);
    this.#add(tags, attributes);
    return this.#spelling.join([...tags].sort(([first], [second]) => (first < second ? -1 : 1)));
  }

  #add(tags: Map<string, string>, source: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(source)) {
      const text = tagText(value);
      if (text !== undefined) tags.set(this.#spelling.key(key), this.#spelling.value(text));
    }
  }
}
