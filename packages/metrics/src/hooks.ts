/** An event, as backends that know events get it. */
export interface MetricEvent {
  /** Never prefixed. */
  readonly title: string;
  readonly text: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly alertType: 'error' | 'warning' | 'info' | 'success' | undefined;
  readonly priority: 'normal' | 'low' | undefined;
  /** Events with the same key are shown together. */
  readonly aggregationKey: string | undefined;
  readonly sourceTypeName: string | undefined;
  readonly hostname: string | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** A backend that knows events; exporters that do have this method. */
export interface EventSink {
  event(event: MetricEvent): void;
}

/** One call of the API, as it happened. */
export interface Operation {
  readonly kind: 'incr' | 'upDown' | 'gauge' | 'timing' | 'distribution' | 'event';
  /** As it was passed: without the prefix. */
  readonly name: string;
  /** Milliseconds for `timing`; the text of an event. */
  readonly value: number | string;
  readonly unit: string | undefined;
  readonly instance: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** Gets the operations; what it throws is counted and goes no further. */
export type OperationListener = (operation: Operation) => void;
