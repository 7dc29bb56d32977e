/**
 * The numbers below `size`, ordered by their binary digits in reverse. Any first part of them is spread evenly over the whole
 * range. When a server flushes between two datagrams of samples in this order, both halves show the whole distribution.
 */
export function bitReversed(size: number): number[] {
  let order = [0];
  while (order.length < size) {
    order = [...order.map((index) => 2 * index), ...order.map((index) => 2 * index + 1)];
  }
  return order.filter((index) => index < size);
}
