/** Rows of a list, with a date each. */
export const rows: readonly Row[] = Array.from({ length: 50 }, (_, id) => ({
  id,
  operation_id: crypto.randomUUID(),
  merchant_id: "acme",
  amount: -30,
  balance_after: 1000 - id,
  reason: "usage",
  created_at: new Date(1_790_000_000_000 + id),
}));

interface Row {
  readonly id: number;
  readonly operation_id: string;
  readonly merchant_id: string;
  readonly amount: number;
  readonly balance_after: number;
  readonly reason: string;
  readonly created_at: Date;
}
