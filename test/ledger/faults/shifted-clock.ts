// Loaded before a program: its Date is ahead of the machine's by $CLOCK_AHEAD_MS, as on a node without time synchronization.
const aheadMs = Number(process.env['CLOCK_AHEAD_MS']);
const RealDate = Date;
const now = (): number => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
