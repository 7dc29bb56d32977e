import {
  amendOptionError,
  describeRejected,
  isOptionError,
  OptionError,
  reasonOf,
} from '@tallykit/exporter-base';
import { didYouMean, suggesting } from './nearest-name.ts';
import { COMPONENT } from './options.ts';

/** A value, and the option of `startMetrics` or the environment variable that it comes from. */
export interface Setting<Value> {
  /** As messages call it: `options`, `backend.secondary`, `METRICS_OPTIONS`. */
  readonly name: string;
  readonly value: Value;
}

/** The error for a setting that is wrong. Its message shows what kind of value is there, never the value. */
export function settingError(
  { name, value }: Setting<unknown>,
  mustBe: string,
  advice?: string,
): OptionError {
  return new OptionError({
    component: COMPONENT,
    option: name,
    accepted: mustBe,
    valueKind: describeRejected(value),
    advice,
  });
}

/** The error for a key in an object of a setting that has no meaning there. */
export function unknownKeyError(
  settingName: string,
  key: string,
  known: readonly string[],
  advice?: string,
): OptionError {
  const option = `${settingName}.${key}`;
  const advices = [advice, didYouMean(key, known)].filter((one) => one !== undefined);
  return new OptionError({
    component: COMPONENT,
    option,
    accepted: `one of the options ${known.join(', ')}`,
    valueKind: 'an unknown option',
    unknownOptions: [option],
    knownOptions: known,
    ...(advices.length > 0 && { advice: advices.join('; ') }),
  });
}

/**
 * Runs what throws for options that it was handed, such as the constructor of an exporter, and adds to the error the
 * setting that these options come from.
 */
export function namingSetting<Value>(name: string, action: () => Value): Value {
  try {
    return suggesting(action);
  } catch (error) {
    const place = `${COMPONENT}: \`${name}\``;
    if (!isOptionError(error)) throw new TypeError(`${place}: ${reasonOf(error)}`, { cause: error });
    throw amendOptionError(error, { component: `${place}: ${error.component}` });
  }
}

/** Whether a value is an object of options. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
