import type { DatadogSketch } from './datadog-content.ts';
import { asBytes, asDouble, asText, messageIn, packed, valuesOf } from './protobuf-message.ts';
import { unreadable } from './unreadable.ts';

/** Reads the body of `/api/beta/sketches`: `SketchPayload` in `agent_payload.proto` of DataDog/agent-payload. */
export function sketchesIn(body: Uint8Array): DatadogSketch[] {
  return valuesOf(messageIn(body), 1).flatMap((bytes) => {
    const sketch = messageIn(asBytes(bytes));
    const metric = asText(sketch.get(1)?.[0]);
    if (metric === '') return unreadable('a sketch without a name', '');
    const place = {
      metric,
      host: asText(sketch.get(2)?.[0]),
      tags: valuesOf(sketch, 4).map(asText),
    };
    return valuesOf(sketch, 7).map((dogsketch) => ({ ...place, ...distributionIn(asBytes(dogsketch)) }));
  });
}

function distributionIn(bytes: Uint8Array): Omit<DatadogSketch, 'metric' | 'host' | 'tags'> {
  const fields = messageIn(bytes);
  const integer = (field: number) => Number(BigInt.asIntN(64, (fields.get(field)?.[0] as bigint) ?? 0n));
  const double = (field: number) => asDouble((fields.get(field)?.[0] as bigint) ?? 0n);
  const keys = packed(valuesOf(fields, 7)).map((value) =>
    Number(value & 1n ? -(value >> 1n) - 1n : value >> 1n),
  );
  const counts = packed(valuesOf(fields, 8)).map(Number);
  const count = integer(2);
  if (keys.length !== counts.length) unreadable('bins of which some have no count', { keys, counts });
  if (keys.some((key, index) => index > 0 && key < keys[index - 1]!))
    unreadable('bins that do not ascend', keys);
  if (counts.some((one) => one < 1 || one > 0xffff_ffff))
    unreadable('a bin whose count is no uint32', counts);
  if (counts.reduce((sum, one) => sum + one, 0) !== count)
    unreadable('bins that do not add up to the count', count);
  return {
    timestamp: integer(1),
    count,
    min: double(3),
    max: double(4),
    average: double(5),
    sum: double(6),
    keys,
    counts,
  };
}
