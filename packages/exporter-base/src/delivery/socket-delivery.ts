import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { FlushReport } from '../accounts/ledger.ts';
import { Delivery } from './delivery.ts';

/** How long `flushSync` may block the thread when its caller doesn't say. */
const FLUSH_SYNC_MILLIS = 1000;

/** A `Delivery` over sockets, which the kernel empties also after the process has ended. */
export class SocketDelivery extends Delivery {
  /**
   * Opens the socket ahead of the first export, and looks the name of the host up, so that `flushSync` finds both also in a
   * process that ends before its first export. Never throws: a failure shows at the first export.
   */
  open(): void {
    this.openSockets();
  }

  /**
   * Hands everything to the kernel at once, and blocks the thread until that is done. It is for the end of a process: in a
   * listener of `process.on('exit')` nothing asynchronous happens any more. Never throws.
   *
   * It takes the points that are handed in, what is pending, and what is left of an export that is being sent. Slices of
   * datagrams are 2 ms apart. What the kernel doesn't take in time stays pending: what goes to a host name that was never
   * looked up, over a stream that is not connected, or into a buffer that is full. What was handed to the kernel before it was
   * called is not sent again.
   *
   * @param resourceMetrics points that were collected last; after a `shutdown` they are dropped
   * @param options `timeoutMillis`: how long it may take, 1000 by default
   * @returns what became of points and events since the last report. `exported` means that the kernel took them: that nobody
   *   listens at the other end can't be heard any more
   */
  flushSync(
    resourceMetrics?: ResourceMetrics,
    options: { readonly timeoutMillis?: number } = {},
  ): FlushReport {
    return this.sendSync(resourceMetrics, options.timeoutMillis ?? FLUSH_SYNC_MILLIS);
  }
}
