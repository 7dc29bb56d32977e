import type { ObservableCallback, ObservableGauge } from '@opentelemetry/api';

/** The callbacks of an observed gauge that is read by producers. */
export class CallbackList implements Pick<ObservableGauge, 'addCallback' | 'removeCallback'> {
  readonly callbacks = new Set<ObservableCallback>();

  addCallback(callback: ObservableCallback): void {
    this.callbacks.add(callback);
  }

  removeCallback(callback: ObservableCallback): void {
    this.callbacks.delete(callback);
  }
}
