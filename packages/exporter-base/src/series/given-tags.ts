/** The value of a tag in the option `tags` of an exporter. A tag whose value is `undefined` is left out. */
export type OptionTagValue = string | number | boolean | undefined;

/** The value of a tag of an event and of whatever else a program hands over. `undefined` and `null` leave the tag out. */
export type TagValue = string | number | boolean | bigint | null | undefined;

/**
 * An object whose members are all values of tags. Whatever takes tags takes an object of any type `T` that is assignable to
 * `TagsOf<Value, T>`. So an interface of a program may be used, although an interface has no index signature.
 */
export type TagsOf<Value, T> = {
  readonly [Name in Exclude<keyof T, symbol>]?: Value;
} & {
  /** Functions have this member, and no others that could be looked at. */
  readonly [Symbol.hasInstance]?: never;
};

/** The tags in the option `tags` of an exporter, by their names. An interface `T` is taken if it is `OptionTags<T>`. */
export type OptionTags<T = Record<string, OptionTagValue>> = TagsOf<OptionTagValue, T>;

/** The tags of an event, by their names. An interface `T` is taken if it is `Tags<T>`. */
export type Tags<T = Record<string, TagValue>> = TagsOf<TagValue, T>;
