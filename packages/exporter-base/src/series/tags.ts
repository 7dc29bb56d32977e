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

/** Tags by their keys; or a list of tags, in which a key may have several values. */
export type TagSource =
  | Readonly<Record<string, unknown>>
  | readonly (readonly [key: string, value: string])[];

/**
 * Writes the tags of points as text. A point's own attributes replace tags of the same key that every point gets. Keys are
 * compared in their spelling on the wire, so a key is written twice only where a list of tags has several values for it. They are
 * sorted, so that one series has one text.
 */
export class TagWriter {
  readonly #spelling: TagSpelling;
  readonly #shared = new Map<string, Values>();
  #hasLists = false;

  /** @param shared tags of every point; a later source replaces keys of an earlier one */
  constructor(spelling: TagSpelling, ...shared: readonly TagSource[]) {
    this.#spelling = spelling;
    for (const source of shared) {
      if (source instanceof Array) this.#addList(source);
      else this.#add(this.#shared, source);
    }
  }

  /** The text of the tags of a point with these attributes. */
  write(attributes: Readonly<Record<string, unknown>>): string {
    const tags = new Map(this.#shared);
    this.#add(tags, attributes);
    const sorted = [...tags].sort(([first], [second]) => (first < second ? -1 : 1));
    // Without lists, which are rare, this would copy each tag for nothing.
    return this.#spelling.join(this.#hasLists ? sorted.flatMap(singleTags) : (sorted as [string, string][]));
  }

  #add(tags: Map<string, Values>, source: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(source)) {
      const text = tagText(value);
      if (text !== undefined) tags.set(this.#spelling.key(key), this.#spelling.value(text));
    }
  }

  #addList(list: readonly (readonly [key: string, value: string])[]): void {
    const values = new Map<string, Set<string>>();
    for (const [name, text] of list) {
      const key = this.#spelling.key(name);
      values.set(key, (values.get(key) ?? new Set()).add(this.#spelling.value(text)));
    }
    for (const [key, all] of values) this.#shared.set(key, [...all]);
    this.#hasLists ||= values.size > 0;
  }
}

/** The value of a tag, or several of a tag in a list. */
type Values = string | readonly string[];

function singleTags([key, values]: readonly [string, Values]): (readonly [key: string, value: string])[] {
  return typeof values === 'string' ? [[key, values]] : values.map((value) => [key, value]);
}
