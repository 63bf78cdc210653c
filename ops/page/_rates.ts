import type { FleetInstance, InstanceEndpoint } from "./_read_fleet.ts";

/** Instances whose last numbers are kept. */
const MAX_KEPT = 2000;
/** The shortest time that a rate is made of, in milliseconds. */
const MIN_MS = 1000;

interface Sample {
  readonly at: number;
  readonly total: number;
  readonly rate: string | undefined;
}

/** Requests a second: instances tell totals, and a rate needs two looks. */
export interface Rates {
  /** The rate of these endpoints together; `undefined` where nothing is known yet. */
  of(instance: FleetInstance, endpoints: readonly InstanceEndpoint[]): string | undefined;
}

/** Keeps the numbers of the last look at each instance. */
export function createRates(): Rates {
  const samples = new Map<string, Sample>();
  return {
    of({ name, id, started }, endpoints) {
      const key = `${name} ${id} ${endpoints[0]?.name}`;
      const total = endpoints.reduce((sum, { num_requests }) => sum + num_requests, 0);
      const now = Date.now();
      const last = samples.get(key);
      if (last !== undefined && now - last.at < MIN_MS) return last.rate;
      const since = last ?? (started === undefined ? undefined : { at: started.getTime(), total: 0 });
      const rate = since === undefined || now <= since.at || total < since.total
        ? undefined
        : perSecond(1000 * (total - since.total) / (now - since.at));
      samples.delete(key);
      samples.set(key, { at: now, total, rate });
      if (samples.size > MAX_KEPT) samples.delete(samples.keys().next().value!);
      return rate;
    },
  };
}

function perSecond(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value >= 1 ? value.toFixed(1) : value.toFixed(2);
}
