/** How one protocol spells tags. All three are pure. */
export interface TagSpelling {
  /** A key that is safe on the wire, never empty. */
  key(text: string): string;
  /** A value that is safe on the wire, never empty. */
  value(text: string): string;
  /** The whole text of keys and values that are safe already, in their order. */
  join(tags: readonly (readonly [key: string, value: string])[]): string;
}

/**
 * An attribute's value as text: arrays and objects as JSON, as OpenTelemetry asks of protocols without them (Common
 * specification, "Attribute"). `undefined` for what no tag can be made of.
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
    // A cycle, or a BigInt inside.
    return undefined;
  }
}

/**
 * Writes the tag text of points. A point's own attributes win over the tags that every point gets; keys are compared as
 * they stand on the wire, so no key is written twice, and are sorted, so one series has one text.
 */
export class TagWriter {
  readonly #spelling: TagSpelling;
  readonly #shared = new Map<string, string>();

  /** @param shared tags of every point, the weakest source first */
  constructor(spelling: TagSpelling, ...shared: readonly Readonly<Record<string, unknown>>[]) {
    this.#spelling = spelling;
    for (const tags of shared) this.#add(this.#shared, tags);
  }

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
